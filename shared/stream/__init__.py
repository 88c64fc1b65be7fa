"""Kafka behind small protocols: writer, reader, consumer loop, dead letters; a twin in memory."""
