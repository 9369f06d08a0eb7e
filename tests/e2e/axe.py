"""What axe-core finds on a page: https://github.com/dequelabs/axe-core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
#: Rules that another theme can break.
CONTRAST = ("color-contrast", "link-in-text-block")
_RUN = """
  ([rules, besides]) => axe.run({include: document, exclude: besides.map(one => [one])}, {
    resultTypes: ['violations'],
    elementRef: false,
    ...(rules.length ? {runOnly: {type: 'rule', values: rules}} : {}),
  }).then(found => found.violations.flatMap(one => one.nodes.map(node => [
    one.impact, one.id, node.html.slice(0, 300),
    node.target.join(' ').replace(/\\.st-emotion-cache-\\w+|\\.e\\w{8,}/g, ''),
    [...node.any, ...node.all, ...node.none].map(check => check.message).join('; '),
  ])))
"""


def violations(page: Page, rules: Sequence[str] = (), *, besides: Sequence[str] = ()) -> list[str]:
    """Violations of serious or critical impact on a page at rest, a line each.

    Args:
        page: the page.
        rules: those that are checked; all when empty.
        besides: selectors of what is left out.
    """
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[list[Any]] = page.evaluate(_RUN, [list(rules), list(besides)])
    return [" | ".join(one) for one in found if one[0] in ("serious", "critical")]
