"""The state store: what is known of each customer from events, in Redis or Valkey. The only importer of redis."""
