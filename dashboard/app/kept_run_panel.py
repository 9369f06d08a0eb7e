"""Has the browser keep which run is on screen, and hears when it comes back to another one.

It hears, too, when the page has a button that does not fit what the run does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.app.language import gettext as _

_HERE = Path(__file__).parent
#: No run has more steps.
MOST_STEPS = 1_000_000
_LONGEST_TOKEN = 64
_kept_run = st.components.v2.component(
    "kept_run",
    html='<div class="silence" role="status" hidden></div>',
    css=(_HERE / "kept_run.css").read_text(encoding="utf-8"),
    js=(_HERE / "kept_run.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def keep_run(key: str, token: str, returned: Callable[[str, int], object]) -> None:
    """Have the browser keep the token of the run on screen and its step, in this tab alone.

    Args:
        key: of the page's run.
        token: of the run.
        returned: called with the token and the step that the browser has kept, before the page
            runs again, when the tab showed another run before.
    """
    name = f"kept_run_{key}"

    def arrived() -> None:
        state: Any = st.session_state.get(name)
        report = checked(None if state is None else state.get("returned"))
        if report is not None:
            returned(*report)

    with st.container(key="kept_run"):
        _kept_run(
            key=name,
            height="content",
            on_returned_change=arrived,
            on_outdated_change=_run_page,
            # A list: Streamlit looks for tables among the values of a dict, and loads pandas.
            data=[
                {
                    "key": key,
                    "run": token,
                    "silence": _(
                        "The server has not answered for some time. The run goes on from here as "
                        "soon as it does."
                    ),
                }
            ],
        )


def _run_page() -> None:
    """Nothing: the run of the page that follows draws its buttons anew."""


def checked(report: object) -> tuple[str, int] | None:
    """Token and step, if a browser can have sent this in earnest."""
    if not isinstance(report, Mapping):
        return None
    token, step = report.get("run"), report.get("step")
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
        return None
    if not isinstance(step, int | float) or not 0 < step <= MOST_STEPS or step != int(step):
        return None
    return token, int(step)
