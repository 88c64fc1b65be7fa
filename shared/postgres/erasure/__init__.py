"""Taking everything about an account or a person out of Postgres, and keeping it out."""
