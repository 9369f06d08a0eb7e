"""A head start for the browser: it loads its chart library while the server imports ours.

Imports nothing but Streamlit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

_DONE = "early_chart"
# Without data of its own: for that, Streamlit would import pandas first.
_SPEC = {
    "data": {"sequence": {"start": 0, "stop": 2, "as": "x"}},
    "mark": "line",
    "encoding": {
        "x": {"field": "x", "type": "quantitative", "axis": None},
        "y": {"field": "x", "type": "quantitative", "axis": None},
    },
    "width": 1,
    "height": 1,
}


@contextmanager
def early_chart() -> Iterator[None]:
    """In the first run of a session, show an invisible chart until the block ends."""
    place = st.empty()
    if _DONE in st.session_state:
        yield
        return
    st.session_state[_DONE] = True
    st.html("<style>.st-key-early { position: absolute; visibility: hidden }</style>")
    with place.container(key="early"):
        st.vega_lite_chart(_SPEC, width="content")
    yield
    place.empty()
