"""A customer's identity as a number that names nobody: what holdout.npz, predictions and outcomes are joined by.

It depends on the customer alone, never on a model, its version or seed.
"""

import hashlib

from churn_models.spelling import number_key

_KEY = b"churnserve/judgement"


def key_of_text(text: str) -> int:
    """BLAKE2b (RFC 7693) of 64 bits, keyed."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=_KEY).digest(), "big")


def identity_key(identity: str) -> int:
    """One number for every way in which sources write the same number: 7, "7.0" where a column had gaps, "007"."""
    return key_of_text(number_key(identity) or identity)


def identity_hash(identity: str) -> str:
    """The same as 16 hexadecimal digits, as the tables of late labels keep it."""
    return f"{identity_key(identity):016x}"
