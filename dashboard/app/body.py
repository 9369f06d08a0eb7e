"""The body of a page with a player: it runs alone after a click in it.

A run of the whole page costs the server twice as much, for a header and a sidebar that no button of
the player changes. What does change them, such as another seed, has the whole page run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import current_language, use_language
from dashboard.app.parts import may_be_overtaken, runs_alone
from dashboard.app.player import Session

# In the session: what else is shown around the body, by name.
_AROUND = "shown around the body"


def shown_around(name: str, look: Callable[[], object] | None) -> None:
    """Have the whole page run after a click in the body by which this has changed.

    Args:
        name: of what is shown, in the session.
        look: how it is now; None where nothing of it is shown.
    """
    known: dict[str, Callable[[], object]] = st.session_state.setdefault(_AROUND, {})
    known.pop(name, None)
    if look is not None:
        known[name] = look


def body(session: Session[Any], draw: Callable[[], None]) -> None:
    """Draw the body of the page; again, alone, after a click on a widget in it.

    Args:
        session: whose page it is.
        draw: draws it, with `player.watch`. Makes every place that it draws into, so that the
            browser knows what is gone.
    """
    st.fragment(_draw)(session, draw, _around(session), current_language())


def _draw(
    session: Session[Any], draw: Callable[[], None], around: dict[str, object], language: str
) -> None:
    use_language(language)  # a part runs in a thread of its own
    if runs_alone():
        if _around(session) != around:
            st.rerun()
        session.run.touch()
    with may_be_overtaken():
        draw()


def _around(session: Session[Any]) -> dict[str, object]:
    """What is shown outside of the body, or decided there."""
    return {
        "run": id(st.session_state.get(session.key)),
        "choices": dict(widgets.choices()),
        "refusals": tuple(session.refusals),
        "lost": session.lost,
        **{name: look() for name, look in st.session_state.get(_AROUND, {}).items()},
    }
