"""RNN Playground: the entry point. Start it with `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from dashboard.app.early_chart_panel import early_chart
from dashboard.app.light_torch import import_light_torch

with early_chart():  # these imports take seconds in a server that has just started
    import_light_torch()
    from dashboard.app.page import open_app
    from dashboard.board.page import BOARD
    from dashboard.compare.page import COMPARE
    from dashboard.data.page import DATA
    from dashboard.learn.page import LEARN
    from dashboard.sweeps.page import SWEEPS
    from dashboard.train.page import TRAIN

st.set_page_config(
    page_title="RNN Playground",
    page_icon=str(Path(__file__).parent / "dashboard" / "icon.png"),
    layout="wide",
)
open_app(
    TRAIN,
    COMPARE,
    DATA,
    SWEEPS,
    BOARD,
    LEARN,
)
