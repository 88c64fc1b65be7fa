"""Kafka behind small protocols: writer, reader, consumer loop, dead letters, and a twin in memory."""
