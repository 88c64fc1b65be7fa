"""Meta's rules without I/O: what its webhooks and its Graph API mean, for every service alike."""
