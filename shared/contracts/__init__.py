"""What travels between services: Kafka records, raw and enriched events, and their CloudEvents
headers."""
