"""Alembic's folder: how the schema came to be, in plain SQL."""
