"""A visitor beside one who plays the largest run that is allowed."""

from __future__ import annotations

import pytest

from benchmarks.neighbours import NEIGHBOURS, Neighbour
from dashboard.app.limits import Work, refusal
from dashboard.app.link import read_link
from dashboard.app.settings import RUN_SETTINGS
from rnn_core import RunConfig
from tests.benchmarks.commands import numbers, run_quickly


def test_both_play() -> None:
    nobody, beside = run_quickly("benchmarks.neighbours").splitlines()[-2:]
    assert nobody.startswith("nobody")
    redraws, _p95, _silence = numbers(nobody.removeprefix("nobody"))
    assert redraws > 0
    name = NEIGHBOURS[-1].name
    assert beside.startswith(name)
    redraws, _p95, _silence, own, _grown, _after = numbers(beside.removeprefix(name))
    assert redraws > 0
    assert own > 0


@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=lambda each: each.name)
def test_a_neighbour_s_run_is_the_longest_that_is_allowed(neighbour: Neighbour) -> None:
    parameters = dict(
        part.split("=") for part in neighbour.link.split("&") if part and "seeds" not in part
    )
    link = read_link(parameters, RUN_SETTINGS)
    assert link.refusals == ()
    config = RunConfig.from_dict(dict(link.values))
    cells = neighbour.compared or (config.cell,)

    def runs(window_length: int) -> Work:
        settings = {**config.to_dict(), "window_length": window_length}
        configs = (RunConfig.from_dict({**settings, "cell": cell}) for cell in cells)
        return Work(tuple(configs), neighbour.networks)

    assert refusal(runs(config.window_length)) == ""
    longest = RUN_SETTINGS["window_length"].rule("sin_to_cos").high
    assert config.window_length >= longest - 1 or refusal(runs(config.window_length + 1)) != ""
