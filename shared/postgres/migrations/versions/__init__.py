"""One module for each step of the schema, with the way up and the way down."""
