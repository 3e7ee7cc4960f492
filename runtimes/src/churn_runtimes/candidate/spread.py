"""Which requests a candidate answers: evenly spread, or by a key that keeps a customer with one version.

Each request gets a place between 0 and 2^64; those below a weight's bound are chosen. So whoever is chosen at 5 % is
chosen at 25 % too.
"""

from hashlib import blake2b
from itertools import count

_ALL = 1 << 64
_GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio. Its multiples modulo 2^64 fill the interval more evenly than any other step's do
(Knuth, The Art of Computer Programming 3, 6.4), and with no period in which clients' own patterns could lie: of two
kinds of requests that take turns, both get their share."""


class Spread:
    """Places one after the other; any 1,000 of them hold each share to within half a point."""

    def __init__(self, start: int) -> None:
        self._number = count(start)

    def next(self) -> int:
        """Any thread may call it: a count gives each number once."""
        return next(self._number) * _GOLDEN & _ALL - 1


def place_of(key: str, salt: str) -> int:
    """The place of a customer; another one for each candidate, so that not the same customers try them all."""
    hashed = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=salt.encode()[:64])
    return int.from_bytes(hashed.digest(), "big")


def bound_of(percent: int) -> int:
    """Places below it are the share."""
    return (percent * _ALL) // 100
