"""The Graph API, asked politely: the only place that imports httpx, and where tokens end."""
