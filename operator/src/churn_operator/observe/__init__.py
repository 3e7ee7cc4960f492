"""Observations: pure functions from manifests to facts. No client, no clock, no environment."""
