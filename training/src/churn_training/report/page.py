"""What the page is made of: sections of tables, figures and notes. The template alone knows how they look."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Table:
    """Text in rows; the first cell of a row is its heading."""

    kind: ClassVar[str] = "table"
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A drawing as one `<svg>` element, which is trusted; its alternative text is in it."""

    kind: ClassVar[str] = "figure"
    caption: str
    svg: str


@dataclass(frozen=True)
class Notes:
    """Sentences, each by itself."""

    kind: ClassVar[str] = "notes"
    texts: tuple[str, ...]


Block = Table | Figure | Notes


@dataclass(frozen=True)
class Section:
    """One question and its answer; `lead` says in a sentence or two what a reader is to take from it."""

    anchor: str
    title: str
    lead: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether the ensemble was good enough, in one sentence."""

    passed: bool
    sentence: str


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    subtitle: str
    verdict: Verdict
    sections: tuple[Section, ...]
