from __future__ import annotations

import csv
from urllib.parse import parse_qsl

import pytest

from dashboard.app.link import read_link
from dashboard.app.settings import table_of, task_config
from dashboard.learn.lessons.delay.chart import RESULTS
from dashboard.learn.lessons.delay.lesson import CELLS_TRIED, DELAY, held_out
from dashboard.learn.registry import lesson
from dashboard.sweeps.axes_text import plain_axes
from dashboard.sweeps.plan import space_of
from dashboard.sweeps.settings import PARAMETERS, SEEDS, SETTINGS, STEPS, VARY
from docs.draw_delays import SPACE
from rnn_core import RunConfig
from rnn_core.experiments.sweep import Space


def space() -> Space:
    return Space.from_toml(SPACE.read_text(encoding="utf-8"))


def kept() -> list[dict[str, str]]:
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_runs_are_those_of_the_sweep_with_their_best_learning_rate() -> None:
    tried = space()
    for config in CELLS_TRIED:
        point = {"cell": config.cell, "delay": DELAY, "lr": config.lr}
        assert tried.config(point) == RunConfig(**{**config.to_dict(), "seed": 0})
        rates: dict[str, list[float]] = {}
        for row in kept():
            if (row["cell"], row["delay"]) == (config.cell, str(DELAY)):
                rates.setdefault(row["lr"], []).append(float(row["held_out_loss"]))
        assert float(min(rates, key=lambda rate: sorted(rates[rate])[2])) == config.lr
    assert len(kept()) == tried.runs == 270


def test_the_kept_results_are_trained_again() -> None:
    gru = CELLS_TRIED[2]
    (again,) = held_out((gru,), (0,), "compiled")
    before = [
        float(row["held_out_loss"])
        for row in kept()
        if (row["cell"], row["delay"], row["lr"], row["seed"])
        == (gru.cell, str(DELAY), str(gru.lr), "0")
    ]
    # Rounding differs from machine to machine, and grows over 2,000 steps.
    assert again.tolist() == pytest.approx(before, rel=0.3)


def test_the_link_is_the_sweep_of_the_example() -> None:
    picture = lesson("delay").picture
    assert picture is not None
    link = read_link(dict(parse_qsl(picture.sweep, separator="&")), table_of(SETTINGS))
    assert link.refusals == ()
    values = dict(link.values)
    more = {
        "axes": plain_axes(values.pop(VARY.name)),
        "steps": values.pop(STEPS.name),
        "seeds": values.pop(SEEDS.name),
        "parameters": values.pop(PARAMETERS.name),
    }
    asked = space_of(RunConfig(**{**task_config("delayed_recall").to_dict(), **values}), **more)
    wanted = space()
    assert asked.points() == wanted.points()
    assert [asked.config(point) for point in asked.points() or ()] == [
        wanted.config(point) for point in wanted.points() or ()
    ]
    assert (asked.steps, asked.seed_numbers) == (wanted.steps, wanted.seed_numbers)
