"""The `parley` command: everything a person does with Parley from a terminal."""
