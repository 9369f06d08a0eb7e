"""Where the parts of the Compare page are, in both of its views."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import player
from dashboard.app.player import Bar


@dataclass(frozen=True, slots=True)
class Places:
    """The page's parts, top to bottom. The moving part draws into the bar's readouts and
    ``body``.

    Args:
        bar: of the player.
        controls: who is compared, and how it is shown; one row.
        notices: what has to be said before the charts, and the table of a visitor's own contenders.
        body: verdict, charts and table.
        after: what was done before the comparison.
    """

    bar: Bar
    controls: DeltaGenerator
    notices: DeltaGenerator
    body: DeltaGenerator
    after: DeltaGenerator


def lay_out() -> Places:
    """Make the places, in their order. Every run of the whole page does."""
    bar = player.bar()
    controls = st.container(horizontal=True, vertical_alignment="center", key="controls")
    return Places(bar, controls, st.container(), st.container(), st.container())
