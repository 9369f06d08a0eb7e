"""A visitor who does anything, in any order, and what must hold after each action.

Run with ``python -m tests.faults.random_driver``; ``make test-faults`` does. The page is the real
one, behind a real server, without a browser. Actions follow from the seed and from what the page
offers; when something does not hold, they are printed, and ``--replay`` takes them again.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dashboard.app.language import LANGUAGES
from dashboard.app.settings import PACE, RUN_SETTINGS, STEP_LIMIT
from dashboard.compare.page import COMPARE
from dashboard.data.page import DATA
from dashboard.learn.page import LEARN
from dashboard.train.page import TRAIN
from tests.e2e.app import Server, serve
from tests.faults.agent import Agent, Element
from tests.faults.drawn import AT_STEP, ONLINE_LOSS, expect_agreement

PAGES = ("", "compare", "learn", "data")
# Triggers that lead elsewhere or make files; other tests are about them.
_LEFT_OUT = ("about", "download", "save", "film")
_LANGUAGE = "language_menu"
# Of settings whose large values are slow, the lower part is tried more often.
_MOSTLY_LOW, _LOW = 0.95, 0.08
# Settings that the address has; those of a file are not in a link's page, which has no file.
_LINKED = frozenset(
    setting.name for page in (TRAIN, COMPARE, LEARN) for setting in page.settings
) | {*RUN_SETTINGS, STEP_LIMIT.name, PACE.name}
_OF_FILE = frozenset(setting.name for setting in DATA.settings)
# Every so many actions another visitor opens the page's link.
_LINK_EVERY = 25
# Every so many it is told how far the driver is.
_TELL_EVERY = 200
# Numbers for boxes without limits, which are answers to exercises.
_ANSWERS = (0, 0.5, 1, 2, 5, 8, 10, 20, 50, 100)
# Of a widget's key, what is another one each time that it stands for something else.
_COUNTED = re.compile(r"[\d_ ]+$")


def _table(rows: int, separator: str = "\t") -> str:
    lines = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}{separator}{n % 7}" for n in range(rows)]
    return "\n".join([f"day{separator}sold", *lines])


# For boxes of text: tables of which some are too short, broken or no tables at all.
_TEXTS = (
    _table(150),
    _table(120, ";"),
    _table(9),
    "a,b,c\n" + "\n".join(f"{n},{n * n % 11},{n % 5}" for n in range(150)),
    "x\n" + "1,5\n" * 130,
    "only words",
    "",
)


# What contenders of one's own change.
_CHANGES = ("cell:lstm", "hidden_size:5", "lr:0.02", "optimizer:sgd", "num_layers:2", "clip_norm:2")


class Action(NamedTuple):
    """What a visitor does.

    Args:
        kind: ``press``, ``set`` or ``submit`` a widget, ``go`` to a page, ``open`` a link, or
            ``look``.
        key: of the widget, or path of the page.
        value: that is given to the widget, or chosen from a menu; or the link's parameters.
    """

    kind: str
    key: str = ""
    value: Any = None


class Driver:
    """Drives one session.

    Args:
        url: of the server.
        seed: of all choices.
        log: what the server has said, a file; None to leave it unread.

    Attributes:
        trace: what was done so far.
        counts: how often each kind of action was taken, and each check was made.
    """

    def __init__(self, url: str, seed: int, log: Path | None = None) -> None:
        self._url, self._log = url, log
        self._heard = 0 if log is None else log.stat().st_size
        self._random = random.Random(seed)
        self.agent = Agent(url)
        self.trace: list[Action] = []
        self.counts: Counter[str] = Counter()
        self._check()

    def act(self) -> None:
        """Take one action, and check what must hold.

        Raises:
            AssertionError: when it does not.
        """
        action = None
        while action is None:
            kinds: dict[Callable[[], Action | None], int] = {
                self._step: 25,
                self._play_or_pause: 12,
                self._reset: 6,
                self._look_again: 8,
                self._set: 34,
                self._set_task: 2,
                self._press: 8,
                self._language: 2,
                self._go: 3,
                self._open: 1,
            }
            (kind,) = self._random.choices(list(kinds), list(kinds.values()))
            action = kind()
        self.counts[kind.__name__.strip("_")] += 1
        self.take(action)
        if len(self.trace) % _LINK_EVERY == 0:
            self._check_link()

    def take(self, action: Action) -> None:
        """Take an action, and check what must hold after each and after this one.

        Raises:
            AssertionError: when it does not.
        """
        self.trace.append(action)
        agent, before = self.agent, self._step_shown
        playing, shown = agent.button("pause_") is not None, agent.values()
        if action.kind == "go":
            agent.interact(page=action.key)
        elif action.kind == "open":
            agent = self.agent = Agent(self._url, action.value, action.key)
        elif action.kind == "press":
            agent.press(action.key, action.value)
        elif action.kind == "set":
            agent.choose(action.key, action.value)
        elif action.kind == "submit":
            submit = agent.button("FormSubmitter")
            agent.interact(widget_state={action.key: action.value}, trigger={"key": submit})
        else:
            agent.interact()
        after = self._step_shown
        pressed = action.key if action.kind == "press" else ""
        if pressed.startswith("step_") and before is not None:
            if not self._has_ended() and not playing:
                self.counts["step checked"] += 1
                assert after == str(int(before) + 1), f"Step led from {before} to {after}."
            assert agent.button("pause_") is None, "Step leaves the run playing."
        elif pressed.startswith("pause_"):
            assert agent.button("pause_") is None, "Pause leaves the run playing."
        elif pressed == "reset":
            assert after in (None, "0"), f"Reset leads to step {after}."
        elif action.kind == "look" and not playing:
            self.counts["rest checked"] += 1
            assert after == before, f"At rest the step went from {before} to {after}."
            assert agent.values() == shown, "At rest a widget changed."
        self._check()

    def again(self, action: Action) -> None:
        """Take an action of another session, if there is anything like it on the page.

        Raises:
            AssertionError: as for `take`.
        """
        if action.kind in ("go", "open", "look"):
            self.take(action)
            return
        name = _COUNTED.sub("", action.key)
        kind = "trigger" if action.kind == "press" else "value"
        keys = [each["key"] for each in self.agent.snapshot["actions"] if each["kind"] == kind]
        near = [key for key in keys if key == action.key or _COUNTED.sub("", key) == name]
        if near:
            self.take(action._replace(key=action.key if action.key in near else near[0]))

    # --- actions ----------------------------------------------------------------------------------

    def _step(self) -> Action | None:
        key = self.agent.button("step_")
        return None if key is None or self._step_shown is None else Action("press", key)

    def _play_or_pause(self) -> Action | None:
        key = self.agent.button("play_") or self.agent.button("pause_")
        return None if key is None else Action("press", key)

    def _reset(self) -> Action | None:
        key = self.agent.button("reset")
        return None if key is None else Action("press", key)

    def _look_again(self) -> Action:
        """Nothing may move while the run is paused."""
        return Action("look")

    def _set(self) -> Action | None:
        offered = self._offered("value")
        return self._setting(self._random.choice(offered)) if offered else None

    def _set_task(self) -> Action | None:
        tasks = [key for key in self._offered("value") if key.startswith("task_")]
        return self._setting(tasks[0]) if tasks else None

    def _setting(self, key: str) -> Action | None:
        element = next(each for each in self.agent.elements() if each.get("key") == key)
        value = self._value(element)
        if value is None:
            return None
        submits = key.startswith("exercise") and self.agent.button("FormSubmitter") is not None
        return Action("submit" if submits else "set", key, value)

    def _press(self) -> Action | None:
        of_player = ("play_", "pause_", "step_", "reset", "FormSubmitter")
        offered = [key for key in self._offered("trigger") if not key.startswith(of_player)]
        return Action("press", self._random.choice(offered)) if offered else None

    def _language(self) -> Action | None:
        key = self.agent.button(_LANGUAGE)
        chosen = self._random.choice([*LANGUAGES.values()])
        return None if key is None else Action("press", key, chosen)

    def _go(self) -> Action:
        return Action("go", self._random.choice(PAGES))

    def _open(self) -> Action:
        """A reload; or contenders of one's own, which only a browser's table could set."""
        query = self.agent.query
        if self._random.random() < 0.5:
            return Action("open", self.agent.page, query)
        count = self._random.randint(2, 6)
        rows = [",".join(self._random.sample(_CHANGES, 2)) for _ in range(count)]
        return Action("open", "compare", {**query, "preset": "own", "vs": ";".join(rows)})

    def _offered(self, kind: str) -> list[str]:
        """Keys of the widgets of a kind that can be used now."""
        return [
            str(action["key"])
            for action in self.agent.snapshot["actions"]
            if action["kind"] == kind
            and action["type"] != "menu_button"
            and not action["key"].startswith(_LEFT_OUT)
        ]

    def _value(self, element: Element) -> Any:
        """One of the values that a widget offers; None if it is of a kind that is left out."""
        props, kind = element["props"], element["type"]
        if kind in ("toggle", "checkbox", "popover", "expander"):
            return not element.get("value")
        if kind in ("text_area", "text_input"):
            return self._random.choice(_TEXTS)
        options = props.get("options")
        if options and element["value_schema"].get("type") == "array":
            return self._random.sample(options, self._random.randint(1, len(options)))
        if options:
            return self._random.choice(options)
        low, high = props.get("min_value"), props.get("max_value")
        if kind == "number_input" and low is None and high is None:
            return self._random.choice(_ANSWERS)
        if low is None or high is None or kind not in ("slider", "number_input"):
            return None
        if self._random.random() < _MOSTLY_LOW:
            high = low + _LOW * (high - low)
        if element["value_schema"].get("type") == "integer":
            return self._random.randint(int(low), max(int(low), int(high)))
        return round(self._random.uniform(max(low, 0.01), high), 2)

    # --- what must hold ---------------------------------------------------------------------------

    @property
    def _step_shown(self) -> str | None:
        return self.agent.readout(AT_STEP)

    def _has_ended(self) -> bool:
        return self.agent.button("step_") is None

    def _check(self) -> None:
        agent = self.agent
        assert agent.snapshot["status"] == "ready", f"The page says {agent.snapshot['status']}."
        assert not agent.of_type("exception"), f"An exception: {agent.of_type('exception')}"
        crashed = [element for element in agent.elements() if element.get("key") == "crash"]
        assert not crashed, f"Something went wrong: {crashed}"
        charts = [
            each.get("data", {}).get("drawn", {}) for each in agent.of_type("vega_lite_chart")
        ]
        readouts = self._step_shown, agent.readout(ONLINE_LOSS)
        self.counts["charts compared"] += expect_agreement(charts, *readouts)
        if self._log is not None and self._log.stat().st_size > self._heard:
            said = self._log.read_bytes()[self._heard :].decode(errors="replace")
            self._heard = self._log.stat().st_size
            assert "Traceback" not in said, said
            assert "Uncaught" not in said, said

    def _check_link(self) -> None:
        """Another visitor who opens the link sees the same settings, and has the same link."""
        self.counts["link checked"] += 1
        query = self.agent.query
        other = Agent(self._url, query, self.agent.page)
        own, others = self.agent.values(), other.values()
        for key in own.keys() & others.keys():
            if re.sub("_(" + "|".join(LANGUAGES) + ")$", "", key) in _LINKED:
                assert own[key] == others[key], (
                    f"{key} is {own[key]!r}, in the link's page {others[key]!r}: {query}"
                )
        if "file" not in query:
            assert other.query == query, f"{query} becomes {other.query}."


def main(arguments: Sequence[str] | None = None) -> None:
    """Drive the page, and print what was done.

    Raises:
        SystemExit: when something did not hold.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=2000, help="how many; 2000")
    parser.add_argument("--seed", type=int, default=0, help="of the choices; 0")
    parser.add_argument("--replay", type=Path, help="a file with actions, one a line, to take")
    parser.add_argument("--shrink", action="store_true", help="find a short way to the failure")
    chosen = parser.parse_args(arguments)
    options = ("--server.enableAgentApi=true", "--server.agentSessionTTL=60")
    with serve("tests/faults/observed_app.py", *options) as server:
        began = time.monotonic()
        if chosen.replay is None:
            driver, problem = _drive(server, chosen.actions, chosen.seed)
        else:
            driver, problem = _replay(server, read_trace(chosen.replay.read_text()))
        took = time.monotonic() - began
        trace = driver.trace
        if problem and chosen.shrink:
            trace = shrunk(trace, lambda part: bool(_replay(server, part)[1]))
    counts = ", ".join(f"{name} {number}" for name, number in sorted(driver.counts.items()))
    print(f"{len(driver.trace)} actions in {took:.0f} s, seed {chosen.seed}: {counts}")
    if problem:
        print(*map(json.dumps, trace), problem, sep="\n")
        raise SystemExit(1)


def _drive(server: Server, actions: int, seed: int) -> tuple[Driver, str]:
    driver = Driver(server.url, seed, server.log)
    try:
        while len(driver.trace) < actions:
            driver.act()
            if len(driver.trace) % _TELL_EVERY == 0:
                print(f"{len(driver.trace)} actions", file=sys.stderr)
    except AssertionError as problem:
        return driver, str(problem)
    return driver, ""


def _replay(server: Server, trace: Sequence[Action]) -> tuple[Driver, str]:
    driver = Driver(server.url, 0, server.log)
    try:
        for action in trace:
            driver.again(action)
        driver._check_link()
    except AssertionError as problem:
        return driver, str(problem)
    return driver, ""


def read_trace(text: str) -> list[Action]:
    """Actions as they are printed: a line of JSON each; other lines are ignored."""
    return [Action(*json.loads(line)) for line in text.splitlines() if line.startswith("[")]


def shrunk(trace: Sequence[Action], fails: Callable[[Sequence[Action]], bool]) -> list[Action]:
    """A part of a trace that still fails, without what it can do without.

    Args:
        trace: that failed.
        fails: whether a part does.
    """
    kept, size = list(trace), len(trace) // 2
    while size:
        begin = 0
        while begin < len(kept):
            part = kept[:begin] + kept[begin + size :]
            if fails(part):
                kept = part
                print(f"{len(kept)} actions left", file=sys.stderr)
            else:
                begin += size
        size //= 2
    return kept


if __name__ == "__main__":
    main()
