"""A visitor who does anything, in any order, and what must hold after each action.

Run with ``python -m tests.faults.random_driver``; ``make test-faults`` does. The page is the real
one, behind a real server, without a browser. Actions follow from the seed and from what the page
offers; when something does not hold, they are printed.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from dashboard.app.settings import PACE, RUN_SETTINGS, STEP_LIMIT
from dashboard.compare.page import COMPARE
from dashboard.learn.page import LEARN
from dashboard.train.page import TRAIN
from tests.e2e.app import serve
from tests.faults.agent import Agent, Element

PAGES = ("", "compare", "learn", "data")
# Triggers that lead elsewhere or make files; other tests are about them.
_LEFT_OUT = ("about", "download", "save", "language", "film")
# Of settings whose large values are slow, the lower part is tried more often.
_MOSTLY_LOW, _LOW = 0.85, 0.15
# Settings that the address has.
_LINKED = frozenset(
    setting.name for page in (TRAIN, COMPARE, LEARN) for setting in page.settings
) | {*RUN_SETTINGS, STEP_LIMIT.name, PACE.name}
# Every so many actions another visitor opens the page's link.
_LINK_EVERY = 25


class Driver:
    """Drives one session.

    Args:
        url: of the server.
        seed: of all choices.

    Attributes:
        trace: what was done so far.
        counts: how often each kind of action was taken, and each check was made.
    """

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._random = random.Random(seed)
        self.agent = Agent(url)
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()
        self._check()

    def act(self) -> None:
        """Take one action, and check what must hold.

        Raises:
            AssertionError: when it does not.
        """
        kinds: dict[Callable[[], None], int] = {
            self._step: 25,
            self._play_or_pause: 12,
            self._reset: 6,
            self._look_again: 8,
            self._set: 38,
            self._press: 8,
            self._go: 3,
        }
        (kind,) = self._random.choices(list(kinds), list(kinds.values()))
        self.counts[kind.__name__.strip("_")] += 1
        kind()
        self._check()
        if len(self.trace) % _LINK_EVERY == 0:
            self._check_link()

    # --- actions ----------------------------------------------------------------------------------

    def _step(self) -> None:
        key, before = self.agent.button("step_"), self.agent.readout("At step")
        if key is None or before is None:
            return
        playing = self.agent.button("pause_") is not None
        self._note(f"press {key}")
        self.agent.press(key)
        after = self.agent.readout("At step")
        if not self._has_ended() and not playing:
            self.counts["step checked"] += 1
            assert after == str(int(before) + 1), f"Step led from {before} to {after}."
        assert self.agent.button("pause_") is None, "Step leaves the run playing."

    def _play_or_pause(self) -> None:
        key = self.agent.button("play_") or self.agent.button("pause_")
        if key is None:
            return
        self._note(f"press {key}")
        self.agent.press(key)
        if key.startswith("pause_"):
            assert self.agent.button("pause_") is None, "Pause leaves the run playing."

    def _reset(self) -> None:
        if self.agent.button("reset") is None:
            return
        self._note("press reset")
        self.agent.press("reset")
        after = self.agent.readout("At step")
        assert after in (None, "0"), f"Reset leads to step {after}."

    def _look_again(self) -> None:
        """Nothing may move while the run is paused."""
        before, playing = self.agent.readout("At step"), self.agent.button("pause_") is not None
        shown = self.agent.values()
        self._note("look again")
        self.agent.interact()
        if not playing:
            self.counts["rest checked"] += 1
            after = self.agent.readout("At step")
            assert after == before, f"At rest the step went from {before} to {after}."
            assert self.agent.values() == shown, "At rest a widget changed."

    def _set(self) -> None:
        offered = [
            action["key"]
            for action in self.agent.snapshot["actions"]
            if action["kind"] == "value" and not action["key"].startswith(_LEFT_OUT)
        ]
        if not offered:
            return
        key = self._random.choice(offered)
        element = self.agent.widget(key)
        value = None if element is None else self._value(element)
        if value is None:
            return
        self._note(f"set {key} to {value!r}")
        submit = self.agent.button("FormSubmitter")
        if key.startswith("exercise") and submit is not None:
            self.agent.interact(widget_state={key: value}, trigger={"key": submit})
        else:
            self.agent.choose(key, value)

    def _press(self) -> None:
        offered = [
            action["key"]
            for action in self.agent.snapshot["actions"]
            if action["kind"] == "trigger"
            and action["type"] == "button"
            and not action["key"].startswith((*_LEFT_OUT, "play_", "pause_", "step_", "reset"))
        ]
        if offered:
            key = self._random.choice(offered)
            self._note(f"press {key}")
            self.agent.press(key)

    def _go(self) -> None:
        page = self._random.choice(PAGES)
        self._note(f"go to {page or 'train'}")
        self.agent.interact(page=page)

    def _value(self, element: Element) -> Any:
        """One of the values that a widget offers; None if it is of a kind that is left out."""
        props, kind = element["props"], element["type"]
        if kind in ("toggle", "checkbox", "popover"):
            return not element.get("value")
        options = props.get("options")
        if options and element["value_schema"].get("type") == "array":
            return self._random.sample(options, self._random.randint(1, len(options)))
        if options:
            return self._random.choice(options)
        low, high = props.get("min_value"), props.get("max_value")
        if low is None or high is None or kind not in ("slider", "number_input"):
            return None
        if self._random.random() < _MOSTLY_LOW:
            high = low + _LOW * (high - low)
        if element["value_schema"].get("type") == "integer":
            return self._random.randint(int(low), max(int(low), int(high)))
        return round(self._random.uniform(max(low, 0.01), high), 2)

    # --- what must hold ---------------------------------------------------------------------------

    def _has_ended(self) -> bool:
        key = self.agent.button("step_")
        return key is None

    def _check(self) -> None:
        agent = self.agent
        assert agent.snapshot["status"] == "ready", f"The page says {agent.snapshot['status']}."
        assert not agent.of_type("exception"), f"An exception: {agent.of_type('exception')}"
        crashed = [element for element in agent.elements() if element.get("key") == "crash"]
        assert not crashed, f"Something went wrong: {crashed}"

    def _check_link(self) -> None:
        """Another visitor who opens the link sees the same settings."""
        self.counts["link checked"] += 1
        other = Agent(self._url, self.agent.query, self.agent.page)
        own, others = self.agent.values(), other.values()
        for key in own.keys() & others.keys():
            if key.removesuffix("_en") in _LINKED:
                assert own[key] == others[key], (
                    f"{key} is {own[key]!r}, in the link's page {others[key]!r}: {self.agent.query}"
                )

    def _note(self, action: str) -> None:
        self.trace.append(action)


def main(arguments: Sequence[str] | None = None) -> None:
    """Drive the page, and print what was done.

    Raises:
        SystemExit: when something did not hold.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=2000, help="how many; 2000")
    parser.add_argument("--seed", type=int, default=0, help="of the choices; 0")
    chosen = parser.parse_args(arguments)
    with serve("streamlit_app.py", "--server.enableAgentApi=true") as server:
        driver, began = Driver(server.url, chosen.seed), time.monotonic()
        try:
            while len(driver.trace) < chosen.actions:
                driver.act()
        except AssertionError as problem:
            print(*driver.trace, sep="\n")
            print(problem)
            raise SystemExit(1) from None
        finally:
            said = server.log.read_text()
        took = time.monotonic() - began
    counts = ", ".join(f"{name} {number}" for name, number in sorted(driver.counts.items()))
    print(f"{len(driver.trace)} actions in {took:.0f} s, seed {chosen.seed}: {counts}")
    if "Traceback" in said or "Uncaught" in said:
        print(said)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
