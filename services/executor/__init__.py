"""Carries decisions out at Meta, each exactly once; the only one that writes there."""
