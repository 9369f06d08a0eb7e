"""Take the README's picture of the running page. ``make screenshot`` does."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.app import TrainPage, launch_browser, serve


def main() -> None:
    """Let the tutorial's network learn for a while, and take the picture."""
    with serve() as server, launch_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
        # Slowly enough to see prediction and target apart.
        train = TrainPage(page).open(server.url + "/?lr=0.005&step_limit=60&pace=1")
        train.press("run")
        train.wait_for_step(60)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=Path(__file__).parent / "train-page.png")


if __name__ == "__main__":
    main()
