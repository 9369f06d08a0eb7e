"""A server for all browser tests, and a browser with no patience for errors."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.app import (
    BROWSER_ARGUMENTS,
    NO_BROWSER,
    LivePage,
    Server,
    TrainPage,
    chromium,
    serve,
)

expect.set_options(timeout=10_000)

Kind = TypeVar("Kind", bound=LivePage)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    return {"executable_path": path, "args": BROWSER_ARGUMENTS}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serve() as running:
        yield running
        said = running.log.read_text()
        assert "Traceback" not in said, said[said.find("Traceback") :][:5_000]


@pytest.fixture
def open_window(browser: Browser, server: Server) -> Iterator[Any]:
    """Open a page in a window of its own: its kind, path and query, and how the window is to be.

    At the end of the test no page may show an exception or have logged an error.
    """
    opened: list[tuple[LivePage, list[str]]] = []

    def open_one(kind: type[Kind], address: str, **window: Any) -> Kind:
        window.setdefault("viewport", {"width": 1400, "height": 900})
        window.setdefault("locale", "en-US")
        page = browser.new_context(**window).new_page()
        page.set_default_timeout(20_000)
        errors: list[str] = []
        page.on(
            "console",
            lambda said: (
                errors.append(said.text)
                # Streamlit's own way of finding out that it stands one folder higher.
                if said.type == "error"
                and not re.search("/(compare|data|board|learn)/_stcore/", said.location["url"])
                else None
            ),
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        shown = kind(page)
        opened.append((shown, errors))
        return shown.open(server.url + address)

    yield open_one
    for shown, errors in opened:
        if not shown.page.is_closed():
            expect(shown.page.get_by_test_id("stException")).to_have_count(0)
            expect(shown.key("crash")).to_have_count(0)
        assert errors == []
        shown.page.context.close()


@pytest.fixture
def open_page(open_window: Any) -> Any:
    """Open the Train page in a window of its own: query, and how the window is to be."""

    def open_one(query: str = "", **window: Any) -> TrainPage:
        page: TrainPage = open_window(TrainPage, query, **window)
        return page

    return open_one


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go, to be looked at."""
    folder = Path(__file__).parents[2] / "test-results"
    folder.mkdir(exist_ok=True)
    return folder
