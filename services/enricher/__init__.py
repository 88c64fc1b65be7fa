"""Makes Meta's many shapes one typed event and asks Graph for what is missing and worth it."""
