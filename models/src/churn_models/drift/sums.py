"""Adding counts of the same bins, and taking an earlier one from a later one."""

from collections.abc import Mapping

from churn_models.drift.errors import CountsShrank, CountsUnlike

Bins = tuple[int, ...]


def less(later: int, earlier: int) -> int:
    """Raises CountsShrank."""
    if later < earlier:
        raise CountsShrank(f"a count fell from {earlier} to {later}")
    return later - earlier


def bins_plus(first: Bins, second: Bins) -> Bins:
    """Raises CountsUnlike."""
    _check_alike(first, second)
    return tuple(map(int.__add__, first, second))


def bins_less(later: Bins, earlier: Bins) -> Bins:
    """Raises CountsUnlike or CountsShrank."""
    _check_alike(later, earlier)
    return tuple(map(less, later, earlier))


def sparse_plus(first: Mapping[int, int], second: Mapping[int, int]) -> dict[int, int]:
    """Of counts by key, those of 0 left out."""
    return {key: first.get(key, 0) + second.get(key, 0) for key in sorted(first.keys() | second.keys())}


def sparse_less(later: Mapping[int, int], earlier: Mapping[int, int]) -> dict[int, int]:
    """Raises CountsShrank."""
    found = {key: less(later.get(key, 0), earlier.get(key, 0)) for key in sorted(later.keys() | earlier.keys())}
    return {key: count for key, count in found.items() if count}


def _check_alike(first: Bins, second: Bins) -> None:
    if len(first) != len(second):
        raise CountsUnlike(f"{len(first)} bins and {len(second)}")
