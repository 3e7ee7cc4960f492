"""Features on the fly: what schema.yaml may ask for with `kind: stream`, from a customer's events.

Two pure functions (`functions`): `apply` puts an event into a customer's state, `features` reads the numbers off it.
The worker on the stream, whoever replays its topic and training call the same ones, so the same events in the same
order give the same numbers everywhere, byte for byte.
"""
