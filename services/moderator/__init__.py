"""Decides what is to be done about what people say, by rules that are data; never calls Meta."""
