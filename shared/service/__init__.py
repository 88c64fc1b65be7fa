"""What every process needs: settings, lifecycle, logs, an HTTP server and the admin port."""
