"""A server for all browser tests, and a browser with no patience for errors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect

from tests.e2e.app import (
    BROWSER_ARGUMENTS,
    NO_BROWSER,
    LivePage,
    Server,
    TrainPage,
    chromium,
    serve,
)
from tests.e2e.visits import WINDOWS

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


class Windows:
    """Windows that are used again: a renderer that has compiled the page needs not do it anew.

    Each has its own storage and cookies, which are emptied before another test gets it.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._free: dict[str, list[Page]] = {}
        self._used: list[tuple[str, Page]] = []

    def take(self, *, once: bool = False, **window: Any) -> Page:
        """An empty window.

        Args:
            once: whether nobody may use it again, since the test changes the browser for it.
            window: options of Playwright's contexts.
        """
        window = {"viewport": WINDOWS[1400], "locale": "en-US", "color_scheme": "light", **window}
        kind = "" if once else repr(sorted(window.items()))
        if self._free.get(kind):
            page = self._free[kind].pop()
            page.set_viewport_size(window["viewport"])
            page.emulate_media(color_scheme=window["color_scheme"])
        else:
            page = self._browser.new_context(**window).new_page()
            page.set_default_timeout(20_000)
        self._used.append((kind, page))
        return page

    def give_back(self) -> None:
        """Empty all windows that were taken, or close them."""
        for kind, page in self._used:
            if not kind or page.is_closed():
                page.context.close()
                continue
            page.goto(self._url + "/_stcore/health")  # of the same origin, and nothing runs there
            page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
            page.context.clear_cookies()
            self._free.setdefault(kind, []).append(page)
        self._used.clear()


@pytest.fixture(scope="session")
def all_windows(browser: Browser, server: Server) -> Windows:
    return Windows(browser, server.url)


@pytest.fixture
def windows(all_windows: Windows) -> Iterator[Windows]:
    """Windows of the browser, which the test need not close."""
    yield all_windows
    all_windows.give_back()


@pytest.fixture
def open_window(windows: Windows, server: Server) -> Iterator[Any]:
    """Open a page in a window of its own: its kind, path and query, and how the window is to be.

    At the end of the test no page may show an exception or have logged an error.
    """
    opened: list[tuple[LivePage, Callable[[], None]]] = []
    errors: list[str] = []

    def listen(page: Page) -> Callable[[], None]:
        """Note the page's errors until the function that is returned is called."""

        def said(message: ConsoleMessage) -> None:
            # Streamlit's own way of finding out that it stands one folder higher.
            expected = re.search("/(compare|data|board|learn)/_stcore/", message.location["url"])
            if message.type == "error" and not expected:
                errors.append(message.text)

        def failed(error: Error) -> None:
            errors.append(str(error))

        page.on("console", said)
        page.on("pageerror", failed)

        def stop() -> None:
            page.remove_listener("console", said)
            page.remove_listener("pageerror", failed)

        return stop

    def open_one(kind: type[Kind], address: str, **window: Any) -> Kind:
        page = windows.take(**window)
        shown = kind(page)
        opened.append((shown, listen(page)))
        return shown.open(server.url + address)

    yield open_one
    for shown, stop in opened:
        if not shown.page.is_closed():
            expect(shown.page.get_by_test_id("stException")).to_have_count(0)
            expect(shown.key("crash")).to_have_count(0)
        stop()
    assert errors == []


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
