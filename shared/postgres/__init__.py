"""Postgres: the pool, the migrations, the accounts and the token vault."""
