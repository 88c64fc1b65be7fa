"""The statements the moderator runs, by what they are about."""
