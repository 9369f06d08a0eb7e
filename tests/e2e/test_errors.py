"""Errors that nobody foresaw, in a real server and browser."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.e2e.app import ROOT, serve


def test_an_error_is_logged_and_the_visitor_gets_its_number_alone(browser: Browser) -> None:
    with serve("tests/e2e/broken_app.py") as server:
        page = browser.new_page()
        page.goto(server.url)
        numbers = {}
        for where in ("script", "part", "callback"):
            page.get_by_role("button", name=where).click()
            shown = page.locator(".st-key-crash")
            expect(shown).to_have_count(1)
            found = re.search("log: ([0-9a-f]{6})", shown.inner_text())
            assert found is not None
            numbers[where] = found[1]
            everything = page.content()
            assert "secret" not in everything
            assert str(ROOT) not in everything
            expect(page.get_by_test_id("stException")).to_have_count(0)
            page.reload()
            expect(shown).to_have_count(0)
        page.close()
        log = server.log.read_text()
    assert len(set(numbers.values())) == 3
    for where, number in numbers.items():
        assert log.count(f'"event": "error", "number": "{number}"') == 1
        assert log.count(f"secret of {where}") == 1
