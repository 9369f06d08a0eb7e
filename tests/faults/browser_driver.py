"""Bursts of keys and clicks in a real browser, and what must hold once the page is at rest.

Run with ``python -m tests.faults.browser_driver``; ``make test-faults`` does. In a burst nothing is
waited for: clicks and keys come while the page still answers the ones before. Then the run is
paused, and the page must rest, step by exactly one, and reset to 0. Actions follow from the seed;
when something does not hold, they are printed.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from playwright.sync_api import Error, Locator, Page, expect

from tests.e2e.app import TrainPage, launch_browser, serve

# Actions of a burst, and milliseconds between two of them.
_BURST, _APART = (1, 8), (0, 120)
# While paused, nothing may move for so many milliseconds: four beats of the timer.
_REST = 1500
# Milliseconds until an answer to the last action of a burst must have come.
_ANSWER = 15_000

_KEYS = ("Space", "Space", "ArrowRight", "ArrowRight", "ArrowRight", "Home", "n")
_BUTTONS = ("run", "run", "step", "step", "reset", "new_seed")


class BrowserDriver:
    """Drives the Train page in one tab.

    Args:
        page: of a browser, at the page's address.
        seed: of all choices.

    Attributes:
        trace: what was done so far.
        counts: of actions, bursts and checks.
    """

    def __init__(self, page: Page, seed: int) -> None:
        self._shown = TrainPage(page)
        self._page = page
        self._random = random.Random(seed)
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()

    def burst(self) -> None:
        """Several actions at once; then check.

        Raises:
            AssertionError: when something does not hold.
        """
        kinds: dict[Callable[[], str], int] = {
            self._key: 45,
            self._click: 35,
            self._slide: 12,
            self._look: 6,
            self._cell: 2,
        }
        for _ in range(self._random.randint(*_BURST)):
            (kind,) = self._random.choices(list(kinds), list(kinds.values()))
            try:
                self.trace.append(kind())
            except Error:  # what was to be clicked has just been replaced
                self.trace.append(f"{kind.__name__.strip('_')} missed")
            self.counts["actions"] += 1
            self._page.wait_for_timeout(self._random.uniform(*_APART))
        self.counts["bursts"] += 1
        self._come_to_rest()
        self._check()

    # --- actions ----------------------------------------------------------------------------------

    def _key(self) -> str:
        key = self._random.choice(_KEYS)
        self._page.keyboard.press(key)
        return f"key {key}"

    def _click(self) -> str:
        name = self._random.choice(_BUTTONS)
        self._shown.key(name).get_by_role("button").click(timeout=500, force=True)
        return f"click {name}"

    def _slide(self) -> str:
        name = self._random.choice(("lr", "hidden_size", "num_layers", "batch_size"))
        key = self._random.choice(("ArrowLeft", "ArrowRight"))
        slider = self._shown.key(name).get_by_role("slider").first
        slider.focus(timeout=500)
        self._page.keyboard.press(key)
        self._leave()
        return f"{name} {key}"

    def _look(self) -> str:
        options = self._shown.key("look_en").get_by_role("radio")
        place = self._random.randrange(options.count())
        options.nth(place).click(timeout=500, force=True)
        self._leave()
        return f"view {place}"

    def _cell(self) -> str:
        self._shown.key("cell_en").get_by_role("combobox").click(timeout=500, force=True)
        options = self._page.get_by_role("option")
        place = self._random.randrange(max(1, options.count()))
        options.nth(place).click(timeout=500, force=True)
        self._leave()
        return f"cell {place}"

    def _leave(self) -> None:
        """Take the focus away, so that keys are the player's again."""
        self._page.evaluate("document.activeElement?.blur()")

    # --- what must hold ---------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        self._settle()
        pause = self._run.filter(has_text="Pause")
        if pause.count():
            pause.click()
            self.trace.append("pause")
            expect(self._run).to_contain_text("Run", timeout=_ANSWER)
            self._settle()

    def _settle(self) -> None:
        """Wait until the page has answered everything."""
        app = self._page.get_by_test_id("stApp")
        self._page.wait_for_timeout(250)  # until the browser has asked
        if not self._run.filter(has_text="Pause").count():
            expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=_ANSWER)

    def _check(self) -> None:
        resting = self._shown.readout("step").inner_text()
        loss = self._shown.readout("loss").inner_text()
        self._page.wait_for_timeout(_REST)
        assert self._shown.readout("step").inner_text() == resting, "The step moves at rest."
        assert self._shown.readout("loss").inner_text() == loss, "The loss moves at rest."
        self.counts["rest checked"] += 1
        expect(self._page.get_by_test_id("stException")).to_have_count(0)
        expect(self._shown.key("crash")).to_have_count(0)
        step = self._shown.key("step").get_by_role("button")
        if step.is_enabled():
            step.click()
            self.trace.append("step checked")
            expected = str(int(resting) + 1)
            expect(self._shown.readout("step")).to_have_text(expected, timeout=_ANSWER)
            self._page.wait_for_timeout(_REST)
            assert self._shown.readout("step").inner_text() == expected, "Step took two."
            self.counts["step checked"] += 1
        if self._random.random() < 0.2:
            self._shown.press("reset")
            self.trace.append("reset checked")
            expect(self._shown.readout("step")).to_have_text("0", timeout=_ANSWER)
            self._settle()
            self.counts["reset checked"] += 1

    @property
    def _run(self) -> Locator:
        return self._shown.key("run").get_by_role("button")


def main(arguments: Sequence[str] | None = None) -> None:
    """Drive the page, and print what was done.

    Raises:
        SystemExit: when something did not hold.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=500, help="how many, at least; 500")
    parser.add_argument("--seed", type=int, default=0, help="of the choices; 0")
    chosen = parser.parse_args(arguments)
    errors: list[str] = []
    with serve() as server, launch_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        TrainPage(page).open(server.url)
        driver, began = BrowserDriver(page, chosen.seed), time.monotonic()
        problem = ""
        try:
            while driver.counts["actions"] < chosen.actions and not errors:
                driver.burst()
        except (AssertionError, Error) as failed:
            problem = str(failed)
        took = time.monotonic() - began
        said = server.log.read_text()
    counts = ", ".join(f"{name} {number}" for name, number in sorted(driver.counts.items()))
    print(f"seed {chosen.seed}, {took:.0f} s: {counts}")
    if problem or errors or "Traceback" in said:
        print(*driver.trace[-40:], sep="\n")
        print(problem, *errors, said if "Traceback" in said else "", sep="\n")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
