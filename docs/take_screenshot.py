"""Take the README's pictures of the running pages. ``make screenshot`` does."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.app import ComparePage, TrainPage, launch_browser, serve

_HERE = Path(__file__).parent


def main() -> None:
    """Let the tutorial's network, and then three cells, learn for a while; take a picture each."""
    with serve() as server, launch_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
        # Slowly enough to see prediction and target apart.
        train = TrainPage(page).open(server.url + "/?lr=0.005&step_limit=60&pace=1")
        train.press("run")
        train.wait_for_step(60)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=_HERE / "train-page.png")
        compare = ComparePage(page).open(server.url + "/compare?seeds=12&step_limit=300&pace=20")
        compare.press("run")
        compare.wait_for_step(300)
        page.mouse.move(0, 0)
        page.wait_for_timeout(1500)
        page.screenshot(path=_HERE / "compare-page.png")


if __name__ == "__main__":
    main()
