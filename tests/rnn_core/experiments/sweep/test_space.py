"""What a sweep tries."""

from __future__ import annotations

from typing import Any

import pytest

from rnn_core import RunConfig
from rnn_core.experiments.sweep import PRUNERS, SAMPLERS, Choices, Space
from rnn_core.models import parameter_count
from rnn_core.tasks import TASKS

AXES = {"cell": ["rnn", "lstm"], "lr": {"low": 0.01, "high": 0.1, "points": 3}}


def test_a_grid_has_all_combinations_and_the_last_setting_varies_first() -> None:
    space = Space(axes=AXES)
    points = space.points()
    assert points is not None
    assert (space.size, space.runs) == (len(points), 30) == (6, 30)
    assert [tuple(point.values()) for point in points[:4]] == [
        ("rnn", 0.01),
        ("rnn", 0.055),
        ("rnn", 0.1),
        ("lstm", 0.01),
    ]


def test_random_points_are_decided_by_the_seed_alone() -> None:
    def points(seed: int, trials: int = 20) -> Any:
        return Space(axes=AXES, sampler="random", trials=trials, sampler_seed=seed).points()

    assert points(1) == points(1)
    assert points(1) != points(2)
    assert points(1)[:5] == points(1, trials=5)
    assert len(points(1)) == 20


def test_points_that_results_decide_are_not_known_before() -> None:
    space = Space(axes=AXES, sampler="tpe", trials=7)
    assert (space.points(), space.size) == (None, 7)


def test_a_point_has_the_fixed_settings_and_the_defaults_of_its_task() -> None:
    space = Space(axes={"lr": [0.5]}, settings={"task": "delayed_recall", "delay": 3})
    config = space.config({"lr": 0.5})
    expected = TASKS["delayed_recall"].config(delay=3, lr=0.5, seed=0)
    assert config == expected


def test_a_task_may_vary_and_brings_its_own_defaults() -> None:
    space = Space(axes={"task": ["sin_to_cos", "delayed_recall"]}, first_seed=4)
    configs = [space.config(point) for point in space.points() or ()]
    assert configs == [
        RunConfig(seed=4),
        TASKS["delayed_recall"].config(seed=4),
    ]
    assert space.seed_numbers == (4, 5, 6, 7, 8)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_at_equal_parameters_the_hidden_size_is_the_largest_that_fits(cell: str) -> None:
    space = Space(axes={"cell": ["rnn", "lstm", "gru"]}, parameters=1000)
    config = space.config({"cell": cell})
    assert parameter_count(config) <= 1000
    larger = RunConfig(cell=cell, hidden_size=config.hidden_size + 1)
    assert parameter_count(larger) > 1000


def test_what_a_file_says_is_what_the_constructor_takes() -> None:
    text = """
    steps = 400
    seeds = 3
    objective = "steps_to_threshold"
    threshold = 0.01
    sampler = "random"
    trials = 8
    [settings]
    clip_norm = "none"
    [axes]
    cell = ["rnn", "lstm"]
    lr = { low = 0.01, high = 0.1, points = 3 }
    """
    space = Space.from_toml(text)
    assert space == Space(
        axes=AXES,
        settings={"clip_norm": None},
        steps=400,
        seeds=3,
        objective="steps_to_threshold",
        threshold=0.01,
        sampler="random",
        trials=8,
    )
    assert Space.from_dict(space.to_dict()) == space
    assert space.axes["cell"] == Choices(("rnn", "lstm"))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"axes": {}}, ValueError, "axes must be a mapping of at least one setting"),
        ({"axes": []}, TypeError, "axes must be a mapping of settings"),
        ({"axes": AXES, "settings": 3}, TypeError, "settings must be a mapping"),
        ({"axes": AXES, "settings": {"lr": 1}}, ValueError, "lr is both fixed and varied"),
        ({"axes": AXES, "settings": {"seed": 1}}, ValueError, "Unknown setting 'seed'"),
        ({"axes": AXES, "settings": {"task": "nim"}}, ValueError, "Unknown task 'nim'"),
        ({"axes": AXES, "steps": 10}, ValueError, "steps must be a whole number from 20"),
        ({"axes": AXES, "seeds": 65}, ValueError, "seeds must be"),
        ({"axes": AXES, "sampler": "walk"}, ValueError, "Unknown sampler 'walk'"),
        ({"axes": AXES, "pruner": "shears"}, ValueError, "Unknown pruner 'shears'"),
        ({"axes": AXES, "objective": "joy"}, ValueError, "Unknown objective 'joy'"),
        ({"axes": AXES, "objective": "steps_to_threshold"}, ValueError, "needs a threshold"),
        ({"axes": AXES, "threshold": -1.0}, ValueError, "threshold must be"),
        ({"axes": AXES, "engine": "steam"}, ValueError, "Unknown engine 'steam'"),
        ({"axes": {"lr": {"low": 0.1, "high": 1}}}, ValueError, "no grid without"),
        ({"axes": AXES, "axles": 1}, ValueError, "Unknown setting of a sweep 'axles'"),
        ({"steps": 100}, ValueError, "axes must be"),
        (
            {
                "axes": {
                    "delay": list(range(1, 101)),
                    "hidden_size": list(range(1, 257)),
                    "num_layers": [1, 2, 3, 4],
                }
            },
            ValueError,
            "at most 100000 points, this grid has 102400",
        ),
    ],
)
def test_anything_else_is_refused(
    given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Space.from_dict(given)


def test_fewer_parameters_than_any_network_has_are_refused_at_the_point() -> None:
    space = Space(axes={"cell": ["lstm"]}, parameters=10)
    with pytest.raises(ValueError, match="parameters must be at least 18 for the cell 'lstm'"):
        space.config({"cell": "lstm"})


def test_every_sampler_and_pruner_is_taken() -> None:
    for sampler in SAMPLERS:
        for pruner in PRUNERS:
            assert Space(axes=AXES, sampler=sampler, pruner=pruner).size in (6, 50)


def test_a_hidden_size_cannot_vary_and_follow_from_the_parameters() -> None:
    with pytest.raises(ValueError, match="sets hidden_size, which varies as well"):
        Space(axes={"hidden_size": [2, 4]}, parameters=100)
