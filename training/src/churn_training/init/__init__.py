"""`init`: a schema.yaml and an ensemble.yaml from a data set, each guess with the reason that is told for it."""
