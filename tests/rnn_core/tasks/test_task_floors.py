"""Every exact floor, beside the score of a predictor that it describes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rnn_core import Batch, Floor, RunConfig, build_task
from rnn_core.tasks import TASKS
from tests.rnn_core.waves import NEVER_REPEATS

Predictor = Callable[[Batch], np.ndarray]


def floors_of(name: str, **settings: float) -> dict[str, float]:
    config = RunConfig.from_dict({"task": name, **settings})
    return {floor.key: floor.value for floor in build_task(config).floors()}


def loss(batch: Batch, prediction: np.ndarray, criterion: str) -> float:
    """Of numbers, or of probabilities: the mean over the time steps that count."""
    if criterion == "mse":
        each = ((prediction - batch.targets) ** 2).mean(axis=2)
    else:
        loss_mask = batch.targets.any(axis=2)
        return float(-np.log((prediction * batch.targets).sum(axis=2)[loss_mask]).mean())
    return float(each.mean() if batch.loss_mask is None else each[batch.loss_mask].mean())


def assert_scores(
    config: RunConfig, floor: float, predictor: Predictor, samples: int = 100_000
) -> None:
    """The predictor's mean loss is the floor, to within five standard errors."""
    task = build_task(config)
    first = task.batch(0)
    per_batch = first.time.size if first.loss_mask is None else config.batch_size
    losses = []
    for k in range(1, 1 + max(40, samples // per_batch)):
        batch = task.batch(k)
        losses.append(loss(batch, predictor(batch), task.criterion))
    error = np.std(losses, ddof=1) / math.sqrt(len(losses))
    assert np.mean(losses) == pytest.approx(floor, abs=5 * error + 1e-12)
    assert error < 0.02 * max(floor, 0.05)


# --- known values -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("between", "value"), [(50, 0.2971), (100, 0.1733), (200, 0.0945), (500, 0.04), (1000, 0.0204)]
)
def test_the_literatures_floors_of_copy(between: int, value: float) -> None:
    floors = floors_of("copy", window_length=between + 20)
    assert floors["time_only"] == pytest.approx(value, abs=5e-5)
    assert floors["window_memory"] == 0.0


def test_the_floors_of_adding() -> None:
    floors = floors_of("adding", window_length=100)
    assert floors["constant"] == pytest.approx(2 / 3)
    assert floors["last_marker"] == pytest.approx(1 / 3)
    assert floors["memoryless"] == pytest.approx(2 / 3 - 1 / 150)
    # In a window of two both marked values are in the last place of their half.
    assert floors_of("adding", window_length=2)["memoryless"] == pytest.approx(1 / 3)


def test_the_floors_of_temporal_order() -> None:
    floors = floors_of("temporal_order", window_length=50)
    assert floors["constant"] == floors["memoryless"] == pytest.approx(math.log(4))
    assert floors["last_marker"] == pytest.approx(math.log(2))


@pytest.mark.parametrize(("delay", "value"), [(1, 0.05), (5, 0.25), (20, 1.0), (100, 1.0)])
def test_the_floors_of_delayed_recall(delay: int, value: float) -> None:
    floors = floors_of("delayed_recall", window_length=20, delay=delay)
    assert floors == {
        "constant": 1.0,
        "memoryless": 1.0,
        "window_memory": value,
        "carried_memory": 0.0,
    }


def test_the_floors_of_a_flip_flop() -> None:
    floors = floors_of("flip_flop", window_length=2)
    assert floors["memoryless"] == 0.5
    assert floors["window_memory"] == pytest.approx((0.5 + 0.25) / 2)


def test_the_floors_of_strings_of_one_or_two() -> None:
    # Alone in a batch, a string of one has steps of weight 1/3 and one of two of weight 1/5.
    floors = floors_of("anbn", window_length=5)
    one, two = 1 / 3 / 2, 1 / 5 / 2
    another, after = two, one + two
    entropy = another * math.log(after / another) + one * math.log(after / one)
    assert floors["window_memory"] == pytest.approx(entropy)


def test_the_floors_of_a_square_wave() -> None:
    # 18 samples a period, 4 ahead: twice 4 of them change sign on the way.
    floors = floors_of("square_wave", window_length=18, delay=4, amplitude=3.0)
    assert floors["constant"] == pytest.approx(9.0)
    assert floors["persistence"] == pytest.approx(9 * 4 * 8 / 18)
    # Up, 5 of 9 stay up: the mean is 1/9, either way.
    assert floors["memoryless"] == pytest.approx(9 * (1 - 1 / 81))


@pytest.mark.parametrize("name", ["sum_of_sines", "noisy_sine"])
def test_persistence_of_sines(name: str) -> None:
    delay = 7
    ratios = [1.0, 1.555] if name == "sum_of_sines" else [1.0]
    moved = [2 * math.pi * ratio * delay / 31 for ratio in ratios]
    each = [(1 - math.cos(angle)) / len(ratios) ** 2 for angle in moved]
    floors = floors_of(name, points_per_period=31, delay=delay)
    assert floors["persistence"] == pytest.approx(sum(each), rel=1e-9)
    assert floors["constant"] == pytest.approx(0.5 / len(ratios), rel=1e-9)


def test_a_sine_without_noise_has_the_floors_of_its_table() -> None:
    # A quarter of 20 samples ahead the sine is the cosine: rising or falling, nobody can tell.
    floors = floors_of("noisy_sine", points_per_period=20, delay=5, window_length=20)
    assert floors["memoryless"] == pytest.approx(0.5)
    assert floors["carried_memory"] == 0.0


@pytest.mark.parametrize("noise_std", [0.002, 0.01, 0.3, 2.0])
def test_noise_raises_the_memoryless_floor_from_the_clean_one_to_the_constant(
    noise_std: float,
) -> None:
    clean = floors_of("noisy_sine", points_per_period=20, delay=3)["memoryless"]
    floors = floors_of("noisy_sine", points_per_period=20, delay=3, noise_std=noise_std)
    assert clean - 1e-6 <= floors["memoryless"] <= floors["constant"]
    near = {0.002: clean, 0.01: clean}.get(noise_std)
    if near is not None:
        assert floors["memoryless"] == pytest.approx(near, abs=0.003)
    more = floors_of("noisy_sine", points_per_period=20, delay=3, noise_std=min(2, 2 * noise_std))
    assert more["memoryless"] >= floors["memoryless"] - 1e-9


def bounds(floors: tuple[Floor, ...]) -> dict[str, str]:
    return {floor.key: floor.bound for floor in floors}


def test_a_floor_says_how_it_is_meant() -> None:
    noisy = build_task(RunConfig(task="noisy_sine", noise_std=0.3)).floors()
    assert bounds(noisy) == {
        "constant": "exact",
        "persistence": "exact",
        "memoryless": "exact",
        "window_memory": "lower",
        "carried_memory": "lower",
    }
    tiny = build_task(RunConfig(task="noisy_sine", noise_std=1e-4)).floors()
    assert bounds(tiny)["memoryless"] == "lower"
    for name in ("mackey_glass", "lorenz", "narma10"):
        found = bounds(build_task(RunConfig(task=name)).floors())
        assert found.pop("carried_memory") == "exact"
        assert set(found.values()) == {"measured"}
    for name in set(TASKS) - {"noisy_sine", "mackey_glass", "lorenz", "narma10"}:
        task = build_task(RunConfig(task=name, window_length=30))
        assert set(bounds(task.floors()).values()) == {"exact"}


@pytest.mark.parametrize("name", TASKS)
def test_floors_do_not_depend_on_the_seeds(name: str) -> None:
    config = RunConfig.from_dict({"task": name, **TASKS[name].defaults})
    floors = build_task(config).floors()
    assert build_task(replace(config, seed=5, data_seed=9)).floors() == floors


# --- predictors of waves ------------------------------------------------------------------


def samples_of(config: RunConfig, windows: int) -> tuple[np.ndarray, np.ndarray]:
    task = build_task(config)
    batches = [task.batch(k * config.batch_size) for k in range(windows // config.batch_size)]
    return (
        np.concatenate([batch.inputs.ravel() for batch in batches]),
        np.concatenate([batch.targets.ravel() for batch in batches]),
    )


@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
@pytest.mark.parametrize("name", ["sum_of_sines", "square_wave", "chirp", "noisy_sine"])
def test_constant_and_persistence_score_their_floors_on_waves(name: str, frequency: float) -> None:
    config = RunConfig(
        task=name,
        frequency=frequency,
        points_per_period=25,
        window_length=100,
        delay=6,
        amplitude=2.0,
        batch_size=50,
    )
    # 248,000 samples: whole cycles of all waves that repeat.
    inputs, targets = samples_of(config, 2_500 if frequency == NEVER_REPEATS else 2_600)
    floors = {floor.key: floor.value for floor in build_task(config).floors()}
    assert targets.var() == pytest.approx(floors["constant"], rel=2e-3)
    assert np.mean((targets - inputs) ** 2) == pytest.approx(floors["persistence"], rel=2e-3)


def best_table(inputs: np.ndarray, targets: np.ndarray, bins: int) -> float:
    """Mean squared error of the mean target in each of so many bins of the input."""
    edges = np.linspace(inputs.min(), inputs.max() + 1e-9, bins + 1)
    place = np.digitize(inputs, edges) - 1
    counts = np.bincount(place, minlength=bins)
    means = np.bincount(place, weights=targets, minlength=bins) / np.maximum(counts, 1)
    return float(np.mean((targets - means[place]) ** 2))


@pytest.mark.parametrize("delay", [1, 5, 20])
def test_the_best_table_of_a_sum_of_sines_scores_its_floor(delay: int) -> None:
    # A frequency of which no small multiple is whole: the two phases come in all combinations.
    frequency = math.sqrt(2)
    config = RunConfig(
        task="sum_of_sines", frequency=frequency, window_length=100, delay=delay, batch_size=50
    )
    inputs, targets = samples_of(config, 2_000)
    memoryless = floors_of("sum_of_sines", frequency=frequency, delay=delay)["memoryless"]
    assert best_table(inputs, targets, 100) == pytest.approx(memoryless, rel=0.01)


@pytest.mark.parametrize("frequency", [1.0, NEVER_REPEATS])
@pytest.mark.parametrize(("delay", "noise_std"), [(1, 0.3), (5, 0.3), (4, 0.05), (4, 1.5)])
def test_the_best_table_of_a_noisy_sine_scores_its_floor(
    frequency: float, delay: int, noise_std: float
) -> None:
    config = RunConfig(
        task="noisy_sine",
        frequency=frequency,
        window_length=100,
        delay=delay,
        noise_std=noise_std,
        batch_size=50,
    )
    inputs, targets = samples_of(config, 4_000)
    floors = {floor.key: floor.value for floor in build_task(config).floors()}
    assert best_table(inputs, targets, 400) == pytest.approx(floors["memoryless"], rel=0.01)
    assert np.mean((targets - inputs) ** 2) == pytest.approx(floors["persistence"], rel=0.01)


# --- predictors of measured signals -------------------------------------------------------


@pytest.mark.parametrize("delay", [1, 17, 100])
@pytest.mark.parametrize("name", ["mackey_glass", "lorenz"])
def test_constant_and_persistence_score_their_floors_on_chaos(name: str, delay: int) -> None:
    config = RunConfig(task=name, delay=delay, window_length=1000, batch_size=64, data_seed=3)
    batch = build_task(config).batch(1)
    batches = [batch, build_task(config).batch(2)]
    inputs, targets = (
        np.concatenate([getattr(each, part)[..., 0] for each in batches], axis=1)
        for part in ("inputs", "targets")
    )
    floors = {floor.key: floor.value for floor in build_task(config).floors()}
    mean = targets.mean()
    for key, prediction in (("constant", mean), ("persistence", inputs)):
        per_row = ((targets - prediction) ** 2).mean(axis=1)  # 64 independent streams
        error = per_row.std(ddof=1) / 8
        assert per_row.mean() == pytest.approx(floors[key], abs=5 * error)
        assert error < 0.05 * floors[key]


def test_the_signals_are_measured_well() -> None:
    # Mean square of the standardised Lorenz x.
    assert floors_of("lorenz")["constant"] == pytest.approx(1.0, abs=0.01)
    # One unit ahead little has happened to Mackey–Glass; half a cycle of some 50 units ahead much.
    assert floors_of("mackey_glass", delay=1)["persistence"] < 0.002
    assert floors_of("mackey_glass", delay=25)["persistence"] > 0.1


def test_constant_and_memoryless_score_their_floors_on_narma10() -> None:
    config = RunConfig(task="narma10", window_length=1000, batch_size=64, data_seed=4)
    floors = floors_of("narma10")
    task = build_task(config)
    batches = [task.batch(k) for k in range(1, 5)]
    u, y = (
        np.concatenate([getattr(each, part)[..., 0] for each in batches], axis=1)
        for part in ("inputs", "targets")
    )
    slope = 1.5 * 0.25
    for key, prediction in (
        ("constant", np.full_like(y, y.mean())),
        ("memoryless", y.mean() + slope * (u - 0.25)),
    ):
        per_row = ((y - prediction) ** 2).mean(axis=1)
        error = per_row.std(ddof=1) / 8
        assert per_row.mean() == pytest.approx(floors[key], abs=5 * error + 0.01 * floors[key])
    assert best_table(u.ravel(), y.ravel(), 50) == pytest.approx(floors["memoryless"], rel=0.02)


# --- predictors of recall -----------------------------------------------------------------


@pytest.mark.parametrize("delay", [3, 30])
def test_what_the_window_has_shown_scores_the_floor_of_delayed_recall(delay: int) -> None:
    config = RunConfig(task="delayed_recall", window_length=20, batch_size=64, delay=delay)
    floors = floors_of("delayed_recall", window_length=20, delay=delay)

    def from_the_window(batch: Batch) -> np.ndarray:
        guess = np.zeros_like(batch.targets)
        guess[:, delay:] = batch.inputs[:, :-delay]
        return guess

    task = build_task(config)
    values = [task.batch(k) for k in range(5, 85)]  # 102,400 samples
    for key, predictor in (
        ("constant", lambda batch: np.zeros_like(batch.targets)),
        ("window_memory", from_the_window),
    ):
        losses = [loss(batch, predictor(batch), "mse") for batch in values]
        # Bits are +1 or -1: the error of not knowing one is always 1.
        np.testing.assert_allclose(losses, floors[key], rtol=1e-12)
    # No function of the present bit does better: on average it says nothing of the earlier one.
    product = np.mean([(batch.inputs * batch.targets).mean() for batch in values])
    assert abs(product) < 5 / math.sqrt(102_400)


def test_pulses_score_the_floors_of_a_flip_flop() -> None:
    config = RunConfig(task="flip_flop", window_length=10, batch_size=64)
    floors = floors_of("flip_flop", window_length=10)

    def last_in_window(batch: Batch) -> np.ndarray:
        held = batch.inputs.copy()
        for t in range(1, held.shape[1]):
            held[:, t] = np.where(held[:, t] != 0, held[:, t], held[:, t - 1])
        return held

    assert_scores(config, floors["constant"], lambda batch: np.zeros_like(batch.targets))
    assert_scores(config, floors["memoryless"], lambda batch: batch.inputs)
    assert_scores(config, floors["window_memory"], last_in_window)


# --- predictors of sequences --------------------------------------------------------------


def at_the_end(batch: Batch, values: np.ndarray) -> np.ndarray:
    guess = np.zeros_like(batch.targets)
    guess[:, -1] = values.reshape(len(values), -1)
    return guess


def test_knowing_none_one_or_both_values_scores_the_floors_of_adding() -> None:
    config = RunConfig(task="adding", window_length=8, batch_size=64)
    floors = floors_of("adding", window_length=8)

    def marked(batch: Batch) -> np.ndarray:
        return batch.inputs[..., 0] * batch.inputs[..., 1]

    known: dict[str, Predictor] = {
        "constant": lambda batch: np.zeros_like(batch.targets),
        "memoryless": lambda batch: at_the_end(batch, marked(batch)[:, -1]),
        "last_marker": lambda batch: at_the_end(batch, marked(batch)[:, 4:].sum(axis=1)),
        "window_memory": lambda batch: at_the_end(batch, marked(batch).sum(axis=1)),
    }
    assert set(known) == set(floors)
    for key, predictor in known.items():
        assert_scores(config, floors[key], predictor)


def test_knowing_none_one_or_both_marks_scores_the_floors_of_temporal_order() -> None:
    config = RunConfig(task="temporal_order", window_length=20, batch_size=64)
    floors = floors_of("temporal_order", window_length=20)

    def second(batch: Batch) -> np.ndarray:
        is_y = batch.inputs[:, 10:, 1].any(axis=1)[:, None]
        return 0.5 * (is_y == np.array([False, True, False, True]))

    for key, predictor in (
        ("constant", lambda batch: np.full_like(batch.targets, 0.25)),
        ("last_marker", lambda batch: at_the_end(batch, second(batch))),
    ):
        assert_scores(config, floors[key], predictor)


def test_guessing_symbols_scores_the_floors_of_copy() -> None:
    length = 40
    config = RunConfig(task="copy", window_length=length, batch_size=64)
    floors = floors_of("copy", window_length=length)
    symbol = np.array([1.0] * 8 + [0.0]) / 8
    blank = np.eye(9)[8]

    def constant(batch: Batch) -> np.ndarray:
        share = 10 / length
        return np.broadcast_to(share * symbol + (1 - share) * blank, batch.targets.shape)

    def memoryless(batch: Batch) -> np.ndarray:
        # Ten of the blanks are followed by symbols; after all else a blank is wanted.
        share = 10 / (length - 11)
        is_blank = batch.inputs[..., 8:9]
        return is_blank * (share * symbol + (1 - share) * blank) + (1 - is_blank) * blank

    def time_only(batch: Batch) -> np.ndarray:
        guess = np.broadcast_to(blank, batch.targets.shape).copy()
        guess[:, -10:] = symbol
        return guess

    batches = [build_task(config).batch(k) for k in range(1, 41)]  # 102,400 samples
    for key, predictor in (
        ("constant", constant),
        ("memoryless", memoryless),
        ("time_only", time_only),
    ):
        losses = [loss(batch, predictor(batch), "cross_entropy") for batch in batches]
        # Every sequence has the same blanks and equally likely symbols.
        np.testing.assert_allclose(losses, floors[key], rtol=1e-12)


@pytest.mark.parametrize("rows", [1, 8])
def test_the_best_tables_of_strings_score_the_floors_of_anbn(rows: int) -> None:
    config = RunConfig(task="anbn", window_length=9, batch_size=rows)
    floors = floors_of("anbn", window_length=9, batch_size=rows)
    task = build_task(config)
    batches = [task.batch(k) for k in range(20_000 // rows)]

    def what_is_known(key: str, batch: Batch) -> np.ndarray:
        symbols = batch.inputs.argmax(axis=2)
        if key == "constant":
            return np.zeros_like(symbols)
        if key == "memoryless":
            return symbols
        # All symbols so far, as a number to the base three.
        return np.cumsum(symbols * 3 ** np.arange(symbols.shape[1]), axis=1)

    for key, floor in floors.items():
        table = np.zeros((3**9, 3))
        known = [what_is_known(key, batch)[batch.loss_mask] for batch in batches]
        wanted = [batch.targets[batch.loss_mask] for batch in batches]
        # The answers that the mean over the batches' losses favours.
        for states, symbols in zip(known, wanted, strict=True):
            np.add.at(table, states, symbols / len(states))
        table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-300)
        losses = [
            -np.log((table[states] * symbols).sum(axis=1)).mean()
            for states, symbols in zip(known, wanted, strict=True)
        ]
        error = np.std(losses, ddof=1) / math.sqrt(len(losses))
        assert np.mean(losses) == pytest.approx(floor, abs=5 * error + 1e-3)
        assert error < 0.02 * floor
