"""The persister: what was heard becomes rows in Postgres."""
