"""The webhooks that Meta would send, made up from a seed, each with the event id it must get."""
