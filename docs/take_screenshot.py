"""Take the README's pictures of the running pages. ``make screenshot`` does."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.app import ComparePage, TrainPage, launch_browser, serve

_HERE = Path(__file__).parent


def take_slow_motion(browser: Browser, url: str, path: Path) -> None:
    """An update halfway back through time: the chain, and what is done there in words."""
    page = browser.new_page(viewport={"width": 1400, "height": 1800}, locale="en-US")
    train = TrainPage(page).open(url + "/?cell=gru&step_limit=60&look=slow")
    train.press("run")
    train.wait_for_step(60)
    page.get_by_role("radio", name="3 back through time").click()
    chart = train.chart("state")
    chart.locator("canvas").click(position={"x": 480, "y": 240})
    page.mouse.move(0, 0)
    page.wait_for_timeout(2000)
    top, bottom = chart.bounding_box(), page.locator(".katex-display").bounding_box()
    assert top
    assert bottom
    page.screenshot(
        path=path,
        clip={
            "x": top["x"] - 10,
            "y": top["y"] - 10,
            "width": top["width"] + 20,
            "height": bottom["y"] + bottom["height"] - top["y"] + 20,
        },
    )
    page.close()


def main() -> None:
    """Let the tutorial's network learn, one update in slow motion, and three cells together."""
    with serve() as server, launch_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
        # Slowly enough to see prediction and target apart.
        train = TrainPage(page).open(server.url + "/?lr=0.005&step_limit=60&pace=1")
        train.press("run")
        train.wait_for_step(60)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=_HERE / "train-page.png")
        take_slow_motion(browser, server.url, _HERE / "slow-motion.png")
        compare = ComparePage(page).open(server.url + "/compare?seeds=12&step_limit=300&pace=20")
        compare.press("run")
        compare.wait_for_step(300)
        page.mouse.move(0, 0)
        page.wait_for_timeout(1500)
        page.screenshot(path=_HERE / "compare-page.png")


if __name__ == "__main__":
    main()
