"""Published results run again: what judges them, and that all of it runs."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.reproduce import __main__ as command
from benchmarks.reproduce import adding, copy_memory, counting, temporal_order, tutorial_floors
from benchmarks.reproduce.report import Expected, Result, Row, opening, section, table
from benchmarks.reproduce.runs import (
    REHEARSAL,
    TEST_BATCH,
    Plan,
    compare,
    fresh,
    initialise,
    scored,
    squared_error,
    train,
)
from rnn_core import Batch, RecurrentModel, RunConfig, build_task
from tests.benchmarks.commands import run_quickly

ORDER = RunConfig(task="temporal_order", window_length=20, hidden_size=4, lr=0.02, batch_size=8)


def values(*numbers: float) -> NDArray[np.float64]:
    return np.array(numbers)


def row(ours: NDArray[np.float64], expected: Expected | None = None, why: str = "") -> Row:
    return Row("Someone 1997", "LSTM", "0.01", ours, expected, ".2f", why)


@pytest.mark.parametrize(
    ("expected", "ours", "holds"),
    [
        (Expected(high=0.01), values(0.001, 0.01), True),
        (Expected(high=0.01), values(0.001, 0.02), False),
        (Expected(high=0.01, of="median"), values(0.001, 0.002, 0.5), True),
        (Expected(low=0.99), values(0.99, 1.0), True),
        (Expected(low=0.99), values(0.98, 1.0), False),
        (Expected(0.2, 0.3), values(0.2, 0.3), True),
        (Expected(0.2, 0.3), values(0.25, 0.31), False),
        (Expected(high=0.01), values(0.001, math.nan), False),
        (Expected(low=0.99), values(1.0, math.inf), False),
        (Expected(high=0.01, of="median"), values(0.001, math.nan, 0.001), False),
    ],
)
def test_ours_agree_within_the_bounds_and_when_finite(
    expected: Expected, ours: NDArray[np.float64], holds: bool
) -> None:
    assert expected.holds(ours) is holds
    assert row(ours, expected).verdict == ("agrees" if holds else "differs")


def test_the_rule_stands_in_words() -> None:
    assert Expected(high=0.01).words(".2f") == "every seed ≤ 0.01"
    assert Expected(low=0.99, of="median").words(".2f") == "median ≥ 0.99"
    assert Expected(0.2, 0.3).words(".1f") == "every seed 0.2 to 0.3"


def test_a_row_gives_median_and_range_or_one_number_where_all_are_the_same() -> None:
    assert row(values(0.3, 0.1, 0.2)).summary == "0.20 (0.10 to 0.30)"
    assert row(values(0.101, 0.102)).summary == "0.10"
    assert row(values(1.0)).cells(rehearsal=False) == (
        "Someone 1997",
        "LSTM",
        "0.01",
        "1.00",
        "—",
        "—",
    )
    assert row(values(1.0)).cells(rehearsal=True)[-1] == "—"
    assert row(values(1.0), Expected(low=1)).cells(rehearsal=True)[-1] == "not judged"


def test_the_tables_columns_line_up() -> None:
    lines = table([("a", "b", "c", "d", "e", "f"), ("longer than any heading", *"bcdef")])
    assert len({len(line) for line in lines}) == 1
    bars = [[place for place, sign in enumerate(line) if sign == "|"] for line in lines]
    assert bars.count(bars[0]) == len(lines)
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == list("abcdef")


def test_a_section_explains_what_differs_and_nothing_else() -> None:
    result = Result("name", "A title", "What is run.", lambda plan: [])
    rows = [
        row(values(0.0), Expected(high=0.01), "not to be seen"),
        row(values(1.0, 0.5), Expected(high=0.01), "Its weights were others."),
        row(values(1.0), Expected(high=0.01)),
    ]
    text = section(result, rows, 12.3)
    assert text.startswith("## A title\n\nWhat is run.\n\nTook 12 s.\n")
    assert text.endswith(
        "\n- LSTM: 1.00, 0.50. Its weights were others.\n- LSTM: 1.00. No reason is known.\n"
    )
    assert "not to be seen" not in text
    rehearsal = section(result, rows, 12.3, rehearsal=True)
    assert "- LSTM" not in rehearsal
    assert "differs" not in rehearsal


def test_the_opening_counts_what_can_agree() -> None:
    rows = [
        row(values(0.0), Expected(high=1)),
        row(values(2.0), Expected(high=1)),
        row(values(0.0)),
    ]
    flowing = " ".join(opening(rows, Plan(), 90, 60).split())
    assert "took 1.5 minutes, and 1.0 minutes of processor time." in flowing
    assert "1 of 2 published figures agree" in flowing
    assert "seeds are 0 to 4" in flowing
    assert f"torch {torch.__version__}" in flowing
    rehearsal = opening(rows, REHEARSAL, 90, 60, rehearsal=True)
    assert "REHEARSAL" in rehearsal
    assert "agree with ours" not in rehearsal


def test_a_plan_takes_its_share_and_never_nothing() -> None:
    assert Plan().of(8_000) == 8_000
    assert REHEARSAL.of(8_000) == 20
    assert REHEARSAL.of(40) == 2


def test_fresh_sequences_are_not_those_of_training_and_always_the_same() -> None:
    first, second = fresh(ORDER, 2)
    read = build_task(replace(ORDER, batch_size=TEST_BATCH)).batch(0, np.float32)
    assert first.inputs.shape == (TEST_BATCH, 20, 8)
    assert not np.array_equal(first.inputs, read.inputs)
    assert not np.array_equal(first.inputs, second.inputs)
    np.testing.assert_array_equal(first.inputs, fresh(ORDER, 1)[0].inputs)


def test_the_squared_error_is_that_of_the_counted_steps() -> None:
    targets = np.array([[[5.0], [1.0]], [[5.0], [3.0]]])
    loss_mask = np.array([[False, True], [False, True]])
    batch = Batch(np.zeros((2, 2)), np.zeros((2, 2, 1)), targets, loss_mask)
    assert squared_error(batch, np.zeros_like(targets)) == (1 + 9) / 2
    assert squared_error(replace(batch, loss_mask=None), np.zeros_like(targets)) == 60 / 4


def test_networks_are_scored_each_in_its_place_and_a_diverged_one_not() -> None:
    wild = RunConfig(hidden_size=5, optimizer="sgd", lr=5.0)
    comparison = compare([replace(wild, lr=0.01), wild], Plan(seeds=2))
    train(comparison, 150, "")
    batches = fresh(wild, 2)
    scores = scored(comparison, batches, squared_error)
    model = comparison.replicas.models[1]
    with torch.no_grad():
        own = [squared_error(b, model(torch.from_numpy(b.inputs))[0].numpy()) for b in batches]
    assert scores.shape == (2, 2)
    assert scores[0, 1] == pytest.approx(np.mean(own))
    assert comparison.alive.tolist() == [[True, True], [False, False]]
    assert np.isnan(scores[1]).all()


def test_the_sources_lstm_has_its_weights_and_a_forget_gate_that_stays_open() -> None:
    comparison = compare([replace(ORDER, cell="lstm")], Plan(seeds=3))
    initialise(comparison, 0, temporal_order.as_in_the_source)
    models = comparison.replicas.models
    before = [model.rnn.get_parameter("weight_ih_l0").detach().clone() for model in models]
    for weight in before:
        assert weight.std().item() == pytest.approx(0.1, rel=0.3)
    assert not torch.equal(before[0], before[1])
    list(islice(comparison.steps(), 40))
    for model, weight in zip(models, before, strict=True):
        trained, bias = (model.rnn.get_parameter(f"{name}_ih_l0") for name in ("weight", "bias"))
        forget = slice(4, 8)
        assert torch.equal(trained[forget], weight[forget])
        assert torch.sigmoid(bias[forget]).tolist() == [1.0] * 4
        assert not torch.equal(trained[:4], weight[:4])


def test_other_initialisations_are_what_they_are_called() -> None:
    generator = torch.Generator().manual_seed(0)
    model = RecurrentModel(RunConfig(cell="gru", hidden_size=6))
    with torch.no_grad():
        temporal_order.orthogonal(model, generator)
        for gate in model.rnn.get_parameter("weight_hh_l0").view(3, 6, 6):
            torch.testing.assert_close(gate @ gate.T, torch.eye(6))
        wide = RecurrentModel(RunConfig(hidden_size=100), input_size=4)
        adding.as_in_the_source(wide, generator)
        weights = {name: weight.detach() for name, weight in wide.named_parameters()}
    assert weights["rnn.weight_ih_l0"].std().item() == pytest.approx(0.5 / 2, rel=0.1)
    assert weights["rnn.weight_hh_l0"].std().item() == pytest.approx(0.5 / 10, rel=0.1)
    assert weights["out.weight"].std().item() == pytest.approx(1 / 10, rel=0.3)
    assert not any(weights[name].any() for name in weights if "bias" in name)


class CountsUpTo(nn.Module):
    """Predicts a^n b^n by counting, for as many a as it can count."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        read = inputs.cumsum(dim=1)
        a, b = read[:, :, 1].clamp(max=self._most), read[:, :, 2]
        ends, falls = (b > 0) & (b >= a), inputs[:, :, 2] > 0
        rises = ~falls
        return torch.stack([rises, falls & ~ends, ends & falls], dim=2).float(), None


@pytest.mark.parametrize("most", [0, 1, 7, 30])
def test_a_network_reaches_as_far_as_it_counts(most: int) -> None:
    config = RunConfig(task="anbn", window_length=21)
    batch = counting.every_string(config, 30)
    # With nothing counted, the end is expected after the first b: that is right once.
    assert counting.reach(CountsUpTo(most), config, batch) == max(1, most)  # type: ignore[arg-type]


def test_strings_to_be_counted_are_those_of_the_task() -> None:
    config = RunConfig(task="anbn", window_length=21, batch_size=32)
    every, own = counting.every_string(config, 10), build_task(config).batch(0, np.float32)
    n = own.inputs[:, :, 1].sum(axis=1).astype(int)
    for name in ("inputs", "targets", "loss_mask"):
        np.testing.assert_array_equal(getattr(every, name)[n - 1], getattr(own, name))


def test_the_longest_gap_is_the_last_over_which_something_is_recalled() -> None:
    recalled = np.array([[0.9, 0.13], [0.2, 0.13], [0.25, 0.13]])
    assert copy_memory.longest(recalled).tolist() == [80.0, 0.0]
    assert copy_memory.longest(recalled[[0, 2, 1]]).tolist() == [40.0, 0.0]


def test_a_network_without_memory_stands_exactly_on_its_floor() -> None:
    floor = {f.key: f.value for f in build_task(RunConfig()).floors()}["memoryless"]
    for seed in (0, 1):
        assert tutorial_floors.without_memory(seed) == pytest.approx(floor, abs=1e-6)


def test_a_rehearsal_runs_what_is_asked_for_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "REPORT", tmp_path / "REPRODUCED.md")
    asked = {"temporal_order", "counting", "flip_flop"}
    command.main(["--quick", "--only", *asked])
    said = capsys.readouterr().out
    for name, result in command.RESULTS.items():
        assert (f"## {result.title}" in said) == (
            name in ("temporal_order", "counting", "flip_flop")
        )
    assert "REHEARSAL" in said
    assert said.count("not judged") > 5
    assert list(tmp_path.iterdir()) == []


def test_the_documented_rehearsal_runs_everything() -> None:
    before = command.REPORT.read_bytes()
    said = run_quickly("benchmarks.reproduce")
    assert [line[3:] for line in said.splitlines() if line.startswith("## ")] == [
        result.title for result in command.RESULTS.values()
    ]
    assert command.REPORT.read_bytes() == before


def test_only_a_full_run_of_everything_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = []

    def run(plan: Plan) -> list[Row]:
        plans.append(plan)
        return [row(values(0.0), Expected(high=1))]

    results = {name: Result(name, name.title(), "About it.", run) for name in ("one", "two")}
    monkeypatch.setattr(command, "RESULTS", results)
    monkeypatch.setattr(command, "REPORT", tmp_path / "REPRODUCED.md")
    command.main(["--only", "two"])
    assert "## One" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    command.main([])
    written = (tmp_path / "REPRODUCED.md").read_text(encoding="utf-8")
    assert written in capsys.readouterr().out
    assert "2 of 2 published figures agree" in " ".join(written.split())
    assert written.index("## One") < written.index("## Two")
    assert plans == [Plan()] * 3
    with pytest.raises(SystemExit):
        command.main(["--only", "three"])
    assert "invalid choice: 'three'" in capsys.readouterr().err
