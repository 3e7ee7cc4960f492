"""Scores customers that come by Kafka and go back to Kafka: `python -m churn_runtimes stream`."""
