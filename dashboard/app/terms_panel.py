"""Definitions of the terms that a text marks, where they are pointed at or focused."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.app import glossary

_HERE = Path(__file__).parent
_terms = st.components.v2.component(
    "terms",
    html='<div class="definition" id="definition" role="tooltip" hidden></div>',
    css=(_HERE / "terms.css").read_text(encoding="utf-8"),
    js=(_HERE / "terms.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # a term's description has to be in the same document
)


def terms() -> None:
    """Have the browser define every marked term on the page."""
    # A list: Streamlit looks for tables among the values of a dict, and loads pandas for that.
    _terms(key="terms", data=[glossary.ANCHOR, glossary.definitions()])
