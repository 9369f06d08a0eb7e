"""Where the parts of the Compare page are, in both of its views."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True, slots=True)
class Places:
    """The page's parts, top to bottom. The moving part draws into ``readouts`` and ``body``.

    Args:
        buttons: of the player, at the left of the bar.
        readouts: beside them.
        pace: at the right of the bar.
        controls: who is compared, and how it is shown; one row.
        notices: what has to be said before the charts, and the table of a visitor's own contenders.
        body: verdict, charts and table.
        after: what was done before the comparison.
    """

    buttons: DeltaGenerator
    readouts: DeltaGenerator
    pace: DeltaGenerator
    controls: DeltaGenerator
    notices: DeltaGenerator
    body: DeltaGenerator
    after: DeltaGenerator


def lay_out() -> Places:
    """Make the places, in their order. Every run of the whole page does."""
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        buttons = st.container(width="content")
        with st.container(width="stretch"):
            readouts = st.container(
                horizontal=True, gap="medium", vertical_alignment="center", key="readouts"
            )
        pace = st.container(width="content", key="pace")
    controls = st.container(horizontal=True, vertical_alignment="center", key="controls")
    return Places(buttons, readouts, pace, controls, st.container(), st.container(), st.container())
