"""A short random drive; `python -m tests.faults.random_driver` takes a long one."""

from __future__ import annotations

import re

import pytest

from tests.faults import random_driver


def test_a_hundred_actions_keep_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    random_driver.main(["--actions", "100", "--seed", "3"])
    said = capsys.readouterr().out
    assert said.startswith("100 actions in ")
    for check in ("step checked", "rest checked", "link checked"):
        found = re.search(rf"{check} (\d+)", said)
        assert found is not None
        assert int(found[1]) > 0
