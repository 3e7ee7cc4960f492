"""One way in which a data set breaks its schema."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """`rows` is how many rows break it; `examples` are a few of the values, `where` a few of the rows."""

    column: str
    fault: str
    rows: int | None = None
    examples: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = f" in {self.rows} row{'s' if self.rows != 1 else ''}" if self.rows else ""
        told = [f"such as {', '.join(self.examples)}"] if self.examples else []
        more = " …" if self.rows and len(self.where) < self.rows else ""
        told += [", ".join(self.where) + more] if self.where else []
        return f"{self.column}: {self.fault}{rows}" + (f" ({'; '.join(told)})" if told else "")
