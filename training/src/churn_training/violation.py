"""One way in which a data set breaks its schema."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """`rows` is how many rows break it; `examples` are a few of the offending values."""

    column: str
    fault: str
    rows: int | None = None
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = f" in {self.rows} row{'s' if self.rows != 1 else ''}" if self.rows else ""
        examples = f" (such as {', '.join(self.examples)})" if self.examples else ""
        return f"{self.column}: {self.fault}{rows}{examples}"
