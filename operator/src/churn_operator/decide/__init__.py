"""Decisions: pure functions from what was observed to what shall be. No client, no clock, no environment."""
