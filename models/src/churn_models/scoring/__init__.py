"""Scoring a bundle by the members' own stock libraries (extra `scoring`)."""

from churn_models.passive_threads import wait_passively

wait_passively()
