"""RNN Playground: the entry point. Start it with `streamlit run streamlit_app.py`."""

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.app import sidebar as controls
from dashboard.app.language import gettext as _
from dashboard.app.server import prepare_server
from dashboard.compare import page as compare_page
from dashboard.train import page as train_page

st.set_page_config(
    page_title="RNN Playground",
    page_icon=str(Path(__file__).parent / "dashboard" / "icon.png"),
    layout="wide",
)
prepare_server()
controls.choose_language()
refusals = controls.open_link()
# The sidebar belongs to all pages: what is chosen there stays when the page changes.
settings = controls.sidebar()
controls.keep_in_link()
pages = [
    st.Page(
        partial(train_page.page, settings, refusals),
        title=_("Train"),
        icon=":material/show_chart:",
        url_path="train",
        default=True,
    ),
    st.Page(
        partial(compare_page.page, settings, refusals),
        title=_("Compare"),
        icon=":material/balance:",
        url_path="compare",
    ),
]
st.navigation(pages, position="top").run()
