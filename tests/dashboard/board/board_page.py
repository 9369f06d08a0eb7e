"""The Class page beside the Train page, in Streamlit's own test runner."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import healthy

ROOT = Path(__file__).parents[3]


def forget_rooms() -> None:
    """Have the next page open the folder that the environment names now."""
    from dashboard.board import server

    server.store.clear()  # type: ignore[attr-defined]
    server.reporter.clear()  # type: ignore[attr-defined]


def board(**query: str) -> AppTest:
    """The Class page that a link opens, as the first of the app."""
    app = AppTest.from_function(_board, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def said(app: AppTest) -> str:
    """All Markdown of the page."""
    return "\n".join(element.value for element in app.markdown)


def _board() -> None:
    from dashboard.app.page import open_app
    from dashboard.board.page import BOARD

    open_app(BOARD)
