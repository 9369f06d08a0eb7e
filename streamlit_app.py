"""RNN Playground: the entry point. Start it with `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from dashboard import train_page
from dashboard.server import prepare_server

st.set_page_config(
    page_title="RNN Playground",
    page_icon=str(Path(__file__).parent / "dashboard" / "icon.png"),
    layout="wide",
)
prepare_server()
st.navigation([st.Page(train_page.page, title="Train", url_path="train", default=True)]).run()
