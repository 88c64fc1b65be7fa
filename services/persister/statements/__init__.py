"""The statements the persister runs, by what they are about."""
