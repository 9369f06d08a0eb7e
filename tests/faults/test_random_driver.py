"""A short random drive; `python -m tests.faults.random_driver` takes a long one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from tests.faults import random_driver
from tests.faults.random_driver import Action, read_trace, shrunk


def test_a_hundred_actions_keep_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    random_driver.main(["--actions", "100", "--seed", "5"])
    said = capsys.readouterr().out
    assert said.startswith("100 actions in ")
    for check in ("step checked", "rest checked", "charts compared", "link checked"):
        found = re.search(rf"{check} (\d+)", said)
        assert found is not None
        assert int(found[1]) > 0


def test_a_trace_is_read_as_it_is_printed() -> None:
    trace = [Action("press", "step_once"), Action("set", "lr", 0.01), Action("look")]
    printed = "\n".join(["9 actions in 3 s", *map(json.dumps, trace), "Step led from 1 to 3."])
    assert read_trace(printed) == trace


def test_of_a_trace_that_fails_the_actions_that_it_takes_are_left() -> None:
    trace = [Action("press", str(number)) for number in range(40)]

    def fails(part: Sequence[Action]) -> bool:
        return {"7", "31"} <= {action.key for action in part}

    assert [action.key for action in shrunk(trace, fails)] == ["7", "31"]
