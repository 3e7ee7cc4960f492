"""Scoring of whole tables: `python -m churn_runtimes score`."""
