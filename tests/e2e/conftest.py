"""A server for all browser tests, and a browser with no patience for errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.app import BROWSER_ARGUMENTS, NO_BROWSER, Server, TrainPage, chromium, serve

expect.set_options(timeout=10_000)


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


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Any]:
    """Open the Train page in a window of its own: query, and how the window is to be.

    At the end of the test no page may show an exception or have logged an error.
    """
    opened: list[tuple[TrainPage, list[str]]] = []

    def open_one(query: str = "", **window: Any) -> TrainPage:
        window.setdefault("viewport", {"width": 1400, "height": 900})
        window.setdefault("locale", "en-US")
        page = browser.new_context(**window).new_page()
        page.set_default_timeout(20_000)
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        opened.append((TrainPage(page), errors))
        return opened[-1][0].open(server.url + query)

    yield open_one
    for train, errors in opened:
        if not train.page.is_closed():
            expect(train.page.get_by_test_id("stException")).to_have_count(0)
        assert errors == []
        train.page.context.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go, to be looked at."""
    folder = Path(__file__).parents[2] / "test-results"
    folder.mkdir(exist_ok=True)
    return folder
