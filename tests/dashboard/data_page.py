"""The Data page in Streamlit's own test runner."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import healthy


def page(**query: str) -> AppTest:
    """The page that a link opens."""
    app = AppTest.from_function(_app, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def paste(app: AppTest, text: str) -> AppTest:
    """Paste a table, and have it read."""
    app.text_area(key="paste").set_value(text)
    (read,) = [found for found in app.button if found.label == "Read"]
    return healthy(read.click().run())


def _app() -> None:
    from dashboard.app.page import open_app
    from dashboard.data.page import DATA
    from dashboard.train.page import TRAIN

    open_app(DATA, TRAIN)
