"""The public edge: each delivery is verified, split, and on Kafka before Meta gets its 200."""
