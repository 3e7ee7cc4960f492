"""Drawings by matplotlib as SVG that lies in the page: no file, no script, colours by the page's light or dark."""

import io
import warnings
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from numpy.typing import NDArray

from churn_training.report.page import Figure

INK, MUTED, GRID, FIRST, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
"""Stand for colours of the page's style sheet."""
_COLOURS = {INK: "--ink", MUTED: "--muted", GRID: "--grid", FIRST: "--first", SECOND: "--second"}
_WIDTH, _HEIGHT = 7.0, 3.8
_MOST_POINTS = 400
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    # A column may be called $x$.
    "text.parse_math": False,
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def draw(name: str, caption: str, alt: str, fill: Callable[[Axes], None], height: float = _HEIGHT) -> Figure:
    """What `fill` draws; `name` is another one in each figure of a page, and `alt` says what is to be seen."""
    written = io.StringIO()
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # The browser writes the text, by its own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        drawing = Drawing(figsize=(_WIDTH, height), layout="constrained")
        fill(drawing.subplots())
        drawing.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return Figure(caption, _inlined(written.getvalue(), alt))


def thinned(*columns: NDArray[np.floating[Any]]) -> tuple[NDArray[np.floating[Any]], ...]:
    """At most a few hundred points of a curve, its ends among them: more are not to be seen."""
    if len(columns[0]) <= _MOST_POINTS:
        return columns
    chosen = np.unique(np.linspace(0, len(columns[0]) - 1, _MOST_POINTS).round().astype(int))
    return tuple(column[chosen] for column in columns)


def _inlined(written: str, alt: str) -> str:
    """Without what a file of its own needs, and with no id that another drawing has too."""
    root = ElementTree.fromstring(written)
    used = {word for element in root.iter() for word in _references(element)}
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if style := element.get("style"):
            element.set("style", _in_colours_of_the_page(style))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-label": alt}
    return ElementTree.tostring(root, encoding="unicode")


def _in_colours_of_the_page(style: str) -> str:
    for stand_in, variable in _COLOURS.items():
        style = style.replace(stand_in, f"var({variable})")
    return style


def _references(element: ElementTree.Element) -> list[str]:
    found = [element.get(f"{{{_XLINK}}}href", "")[1:]]
    clipped = element.get("clip-path", "")
    return [*found, clipped.removeprefix("url(#").removesuffix(")")]
