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
    return hash_of_key(identity_key(identity))


def hash_of_key(key: int) -> str:
    """16 hexadecimal digits."""
    return f"{key:016x}"


def is_sampled(key: int, share: float) -> bool:
    """By the customer alone: all predictions of a customer are kept, or none.

    These are customers of the lowest keys, as those are whom training keeps for judgement: a model fitted none of them.
    """
    return key < share * 2.0**64
