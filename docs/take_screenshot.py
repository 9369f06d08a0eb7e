"""Take the README's picture of the running page. ``make screenshot`` does."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.app import BROWSER_ARGUMENTS, NO_BROWSER, TrainPage, chromium, serve


def main() -> None:
    """Let the tutorial's network learn for a while, pause, and take the picture."""
    path = chromium()
    if path is None:
        raise SystemExit(NO_BROWSER)
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
        # So slow that the picture shows the network half-way: it has the shape, not yet the height.
        train = TrainPage(page).open(server.url + "/?lr=0.005&step_limit=60&pace=1")
        train.press("run")
        train.wait_for_step(60)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=Path(__file__).parent / "train-page.png")
        browser.close()


if __name__ == "__main__":
    main()
