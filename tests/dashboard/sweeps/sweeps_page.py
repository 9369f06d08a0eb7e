"""The Sweeps page in Streamlit's own test runner."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import healthy


def page(**query: str) -> AppTest:
    """The page that a link opens, on a server that has no sweep yet."""
    from dashboard.sweeps.panel import manager

    manager.clear()  # type: ignore[attr-defined]
    app = AppTest.from_function(_app, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def said(app: AppTest) -> str:
    """All Markdown of the page."""
    return "\n".join(element.value for element in app.markdown)


def _app() -> None:
    from dashboard.app.page import open_app
    from dashboard.sweeps.page import SWEEPS

    open_app(SWEEPS)
