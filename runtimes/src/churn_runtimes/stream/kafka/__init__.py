"""The adapter of Kafka: the only importer of confluent-kafka."""
