"""Raised by the packers; the member is served by its stock library then, and says why."""


class Unpackable(Exception):
    """This model holds something that the flat table cannot express exactly; the message names it."""
