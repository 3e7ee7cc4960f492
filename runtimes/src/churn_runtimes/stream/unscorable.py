"""A message that no attempt can ever score."""


class Unscorable(Exception):
    """Its text says why, for whoever reads the dead letters."""
