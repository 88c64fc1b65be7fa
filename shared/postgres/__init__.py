"""Postgres: the pool, the migrations, the connected accounts and their encrypted tokens."""
