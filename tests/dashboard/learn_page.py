"""The Learn page in Streamlit's own test runner, in which timers never fire."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import healthy


def page(**query: str) -> AppTest:
    """The page that a link opens."""
    app = AppTest.from_function(_app, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def predict(app: AppTest, lesson: str, option: int, language: str = "en") -> AppTest:
    """Commit to a prediction."""
    return healthy(app.radio(key=f"predict_{lesson}_{language}").set_value(option).run())


def texts(app: AppTest) -> str:
    """Everything that is written in Markdown, without the marks of terms."""
    written = "\n\n".join(shown.value for shown in app.markdown)
    return re.sub(r"\[([^\]]*)\]\(#term-[^)]*\)", r"\1", written)


def _app() -> None:
    from dashboard.app.page import open_app
    from dashboard.learn.page import LEARN

    open_app(LEARN)
