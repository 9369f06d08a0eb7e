"""The verdict of either view: one sentence, how the run stands, and the details on demand."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.app.glossary import explained
from dashboard.app.language import gettext as _


def show_verdict(headline: str, standing: str, speed: str, details: Sequence[str]) -> None:
    """Draw it, in a place whose height stays the same from the first step to the last.

    Args:
        headline: in Markdown.
        standing: what the player is doing; in Markdown.
        speed: what trains, and how fast; in Markdown, small already.
        details: paragraphs in Markdown.
    """
    # The style sheet keeps room for the longest.
    with st.container(key="finding", horizontal=True, horizontal_alignment="distribute"):
        # Last the sentence, which becomes longer: nothing is below it that would move.
        st.markdown(f":small[{standing}]{speed}  \n{explained(headline)}")
        with st.popover(_("Details"), icon=":material/info:", type="tertiary", width="content"):
            for paragraph in details:
                st.markdown(paragraph)
