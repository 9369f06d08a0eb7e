"""What is measured on a page: sizes, overlaps, what is cut off, and what moves.

Charts are read from their Vega scenegraphs, so that it does not matter whether they are drawn as
SVG or on a canvas. No picture is compared: fonts differ from machine to machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_name("geometry.js")
#: No chart is narrower, in pixels.
LEAST_WIDTH = 300


def faults(page: Page, least_width: int = LEAST_WIDTH) -> list[str]:
    """All faults of a page at rest, a sentence each.

    Args:
        page: the page.
        least_width: of a chart, in pixels.
    """
    found: list[str] = _measure(page, f"faults({least_width})")
    return found


def watch(page: Page) -> None:
    """From now on note what moves by more than 4 px, and whether the page's height changes."""
    _measure(page, "watch()")


def moved(page: Page) -> list[str]:
    """What has moved since `watch`, besides what a click moved."""
    found: list[str] = _measure(page, "moved()")
    return found


def in_chart(page: Page, number: int, expression: str) -> Any:
    """The value of an expression about a chart's Vega ``view``.

    Args:
        page: the page.
        number: of the chart, in the order of the page.
        expression: in JavaScript.
    """
    return _measure(page, f"charts().map(({{view}}) => () => ({expression}))[{number}]()")


def _measure(page: Page, call: str) -> Any:
    if page.evaluate("typeof geometry === 'undefined'"):
        page.evaluate(_SCRIPT.read_text(encoding="utf-8"))
    return page.evaluate(f"geometry.{call}")
