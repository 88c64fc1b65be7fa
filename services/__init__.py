"""One folder for each process of Parley; none of them imports another, only `cli` sees them all."""
