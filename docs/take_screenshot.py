"""Take the README's pictures of the running pages. ``make screenshot`` does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.app import ComparePage, TrainPage, launch_browser, serve


def take_train_page(browser: Browser, url: str, path: Path, steps: int) -> None:
    """The Train page while the tutorial's network learns."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
    # Slow enough to see prediction and target apart.
    train = TrainPage(page).open(f"{url}/?lr=0.005&step_limit={steps}&pace=1")
    train.press("run")
    train.wait_for_step(steps)
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.close()


def take_slow_motion(browser: Browser, url: str, path: Path, steps: int) -> None:
    """One update, halfway back through time: the unrolled window and its formula."""
    page = browser.new_page(viewport={"width": 1400, "height": 2400}, locale="en-US")
    train = TrainPage(page).open(f"{url}/?cell=gru&step_limit={steps}&look=slow")
    train.press("run")
    train.wait_for_step(steps)
    page.get_by_role("radio", name="3 back through time").click()
    chart = train.chart("state")
    chart.locator("canvas").click(position={"x": 577, "y": 240})
    page.mouse.move(0, 0)
    page.wait_for_timeout(2000)
    top, bottom = chart.bounding_box(), page.locator(".katex-display").last.bounding_box()
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


def take_compare_page(browser: Browser, url: str, path: Path, steps: int) -> None:
    """The Compare page with three cells, twelve seeds each."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
    compare = ComparePage(page).open(f"{url}/compare?seeds=12&step_limit={steps}&pace=20")
    compare.press("run")
    compare.wait_for_step(steps)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    page.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the three pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--quick", action="store_true", help="after a few training steps only")
    chosen = parser.parse_args(arguments)
    few, many = (3, 20) if chosen.quick else (60, 300)
    with serve() as server, launch_browser() as browser:
        take_train_page(browser, server.url, chosen.folder / "train-page.png", few)
        take_slow_motion(browser, server.url, chosen.folder / "slow-motion.png", few)
        take_compare_page(browser, server.url, chosen.folder / "compare-page.png", many)


if __name__ == "__main__":
    main()
