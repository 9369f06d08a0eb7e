"""What each task shows and wants, value by value."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import RunConfig, Task, build_task
from rnn_core.tasks.chaos import lorenz, mackey_glass
from tests.rnn_core.waves import NEVER_REPEATS

FORECASTS = ["sum_of_sines", "square_wave", "chirp", "noisy_sine", "mackey_glass", "lorenz"]


def stream(config: RunConfig, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of row 0 over the first windows, shapes ``(n, D)`` and ``(n, K)``."""
    task = build_task(config)
    batches = [task.batch(k) for k in range(windows)]
    return (
        np.concatenate([batch.inputs[0] for batch in batches]),
        np.concatenate([batch.targets[0] for batch in batches]),
    )


# --- forecasting --------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORECASTS)
@pytest.mark.parametrize("delay", [1, 7, 100])
def test_the_target_is_the_input_that_is_still_to_come(name: str, delay: int) -> None:
    inputs, targets = stream(RunConfig(task=name, delay=delay, window_length=30), 100)
    np.testing.assert_allclose(targets[:-delay], inputs[delay:], atol=1e-12)
    assert not np.allclose(targets[delay:], inputs[:-delay], atol=0.01)


@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
def test_waves_are_their_formulas(frequency: float) -> None:
    config = RunConfig(
        points_per_period=40, frequency=frequency, amplitude=2.0, phase=0.4, window_length=50
    )
    t = np.arange(1000) / 40 * frequency + 0.4 / (2 * math.pi)  # turns
    angle = 2 * math.pi * t
    sweep = t % 8
    expected = {
        "sum_of_sines": 0.5 * (np.sin(angle) + np.sin(1.555 * angle)),
        "square_wave": np.sign(np.sin(angle)),
        # From one to three turns in the time of one, evenly.
        "chirp": np.sin(2 * math.pi * (sweep + sweep**2 / 8)),
        "noisy_sine": np.sin(angle),
    }
    for name, values in expected.items():
        inputs, _targets = stream(replace(config, task=name), 20)
        np.testing.assert_allclose(inputs[:, 0], 2 * values, atol=1e-9)


@pytest.mark.parametrize("index", [0, 10**6, 10**9])
def test_a_late_window_of_a_wave_is_as_exact_as_the_first(index: int) -> None:
    # A window of 360 samples at 36 points is ten turns: every window is the first again.
    for name in ("square_wave", "noisy_sine"):
        task = build_task(RunConfig(task=name, window_length=360, points_per_period=36))
        np.testing.assert_array_equal(task.batch(index).inputs, task.batch(0).inputs)


def test_a_square_wave_is_up_for_one_half_and_down_for_the_other() -> None:
    inputs, _targets = stream(RunConfig(task="square_wave", window_length=18), 3)
    np.testing.assert_array_equal(inputs[:, 0], np.tile([1.0] * 9 + [-1.0] * 9, 3))


def test_a_noisy_sine_has_noise_of_its_std_on_the_input_only() -> None:
    config = RunConfig(task="noisy_sine", window_length=1000, batch_size=4, delay=3)
    clean = build_task(config)
    noisy = build_task(replace(config, noise_std=0.5))
    noise = np.concatenate(
        [noisy.batch(k).inputs - clean.batch(k).inputs for k in range(0, 100, 4)]
    )
    assert noise.size == 100_000
    assert abs(noise.mean()) < 5 * 0.5 / math.sqrt(1e5)
    assert abs(noise.std() - 0.5) < 5 * 0.5 / math.sqrt(2e5)
    np.testing.assert_array_equal(noisy.batch(5).targets, clean.batch(5).targets)
    # It belongs to the sample: row 1 now is row 0 of the next step.
    np.testing.assert_array_equal(noisy.batch(5).inputs[1], noisy.batch(6).inputs[0])


def test_mackey_glass_is_what_small_steps_of_euler_give() -> None:
    h, x = 0.0005, [0.8] * 34_001
    for _ in range(int(50 / h)):
        late = x[-34_001]
        x.append(x[-1] + h * (0.2 * late / (1 + late**10) - 0.1 * x[-1]))
    block, _history = mackey_glass(0, np.full((1, 172), 0.8))
    expected = np.array(x[34_001:])[int(1 / h) - 1 :: int(1 / h)]
    np.testing.assert_allclose(block[0, :50, 0], expected, atol=2e-4)


def test_mackey_glass_stays_where_it_is_known_to_stay() -> None:
    inputs, _targets = stream(RunConfig(task="mackey_glass", window_length=500), 20)
    assert 0.2 < inputs.min() < 0.5
    assert 1.2 < inputs.max() < 1.4


def test_lorenz_is_what_small_steps_of_the_midpoint_method_give() -> None:
    def slope(p: np.ndarray) -> np.ndarray:
        x, y, z = p
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    start = point = np.array([1.0, 2.0, 20.0])
    h, expected = 1e-4, []
    for _ in range(50):
        for _ in range(200):
            point = point + h * slope(point + h / 2 * slope(point))
        expected.append(point[0])
    path, _points = lorenz(start[None], 50)
    np.testing.assert_allclose(path[0], expected, atol=5e-3)


def test_lorenz_rests_at_the_centre_of_either_wing() -> None:
    side = math.sqrt(8 / 3 * 27)
    points = np.array([[side, side, 27.0], [-side, -side, 27.0], [0.0, 0.0, 0.0]])
    path, _points = lorenz(points, 100)
    np.testing.assert_allclose(path, np.repeat(points[:, :1], 100, axis=1), atol=1e-9)


def test_narma10_follows_its_equation_across_windows_and_blocks() -> None:
    inputs, targets = stream(RunConfig(task="narma10", window_length=70), 100)
    u, y = inputs[:, 0], np.concatenate([[0.0], targets[:, 0]])  # targets begin with y(1)
    for t in (*range(9, 200), *range(1000, 1100), *range(2040, 2100), 6998):
        now = (
            0.3 * y[t] + 0.05 * y[t] * y[max(0, t - 9) : t + 1].sum() + 1.5 * u[t - 9] * u[t] + 0.1
        )
        assert y[t + 1] == pytest.approx(now, rel=1e-12)
    assert y[1] == 0.1
    assert 0 <= u.min() < 0.001
    assert 0.499 < u.max() < 0.5
    assert u.mean() == pytest.approx(0.25, abs=5 * math.sqrt(1 / 48 / 7000))


@pytest.mark.parametrize("rows", [1, 16])
def test_narma10_never_grows_beyond_one(rows: int) -> None:
    task = build_task(RunConfig(task="narma10", window_length=1000, batch_size=rows))
    largest = [task.batch(k).targets.max() for k in range(1600 // rows)]
    assert 0.9 < max(largest) <= 1.0


# --- recall -------------------------------------------------------------------------------


@given(delay=st.integers(1, 100), length=st.integers(2, 300))
def test_delayed_recall_wants_the_bit_of_so_many_steps_ago(delay: int, length: int) -> None:
    config = RunConfig(task="delayed_recall", delay=delay, window_length=length)
    inputs, targets = stream(config, 1 + 2000 // length)
    assert set(np.unique(inputs)) == {-1.0, 1.0}
    np.testing.assert_array_equal(targets[delay:], inputs[:-delay])
    np.testing.assert_array_equal(targets[:delay], 0)


def test_a_flip_flop_holds_the_last_pulse_of_each_input() -> None:
    inputs, targets = stream(RunConfig(task="flip_flop", window_length=100), 40)
    held = np.zeros(3)
    for pulses, wanted in zip(inputs, targets, strict=True):
        held = np.where(pulses != 0, pulses, held)
        np.testing.assert_array_equal(wanted, held)
    assert set(np.unique(inputs)) == {-1.0, 0.0, 1.0}
    assert abs(inputs).mean() == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(12_000))
    assert inputs[0].all()


# --- sequences ----------------------------------------------------------------------------


@given(length=st.integers(2, 60), index=st.integers(0, 1000))
def test_adding_marks_one_value_in_each_half_and_wants_their_sum(length: int, index: int) -> None:
    batch = build_task(RunConfig(task="adding", window_length=length, batch_size=5)).batch(index)
    values, markers = batch.inputs[..., 0], batch.inputs[..., 1]
    assert (np.abs(values) <= 1).all()
    assert set(np.unique(markers)) <= {0.0, 1.0}
    assert (markers[:, : length // 2].sum(axis=1) == 1).all()
    assert (markers[:, length // 2 :].sum(axis=1) == 1).all()
    for row in range(5):
        one, two = np.flatnonzero(markers[row])
        wanted = values[row, one] + values[row, two]
        assert batch.targets[row, -1, 0] == pytest.approx(wanted, abs=1e-12)
    assert batch.loss_mask is not None
    np.testing.assert_array_equal(
        batch.loss_mask, np.arange(length)[None].repeat(5, 0) == length - 1
    )


@given(length=st.integers(10, 120), index=st.integers(0, 1000))
def test_temporal_order_wants_the_class_of_its_two_marks(length: int, index: int) -> None:
    config = RunConfig(task="temporal_order", window_length=length, batch_size=5)
    batch = build_task(config).batch(index)
    assert (batch.inputs.sum(axis=2) == 1).all()
    symbols = batch.inputs.argmax(axis=2)
    for row in range(5):
        word = "".join("XYEBabcd"[symbol] for symbol in symbols[row])
        assert word[0] == "E"
        assert word[-1] == "B"
        marks = [letter for letter in word[1:-1] if letter in "XY"]
        assert set(word[1:-1]) <= set("XYabcd")
        wanted = ["XX", "XY", "YX", "YY"].index("".join(marks))
        assert batch.targets[row, -1].argmax() == wanted
    assert batch.loss_mask is not None
    assert (batch.loss_mask.nonzero()[1] == length - 1).all()


@pytest.mark.parametrize(
    ("length", "first", "second"),
    [(50, (3, 12), (25, 40)), (100, (6, 24), (50, 80)), (10, (1, 2), (5, 8))],
)
def test_the_marks_of_temporal_order_lie_where_the_source_has_them(
    length: int, first: tuple[int, int], second: tuple[int, int]
) -> None:
    config = RunConfig(task="temporal_order", window_length=length, batch_size=64)
    symbols = np.concatenate([build_task(config).batch(k).inputs for k in range(20)]).argmax(axis=2)
    places = np.nonzero(symbols < 2)[1].reshape(-1, 2)
    assert (places[:, 0].min(), places[:, 0].max()) == first
    assert (places[:, 1].min(), places[:, 1].max()) == second


@given(length=st.integers(21, 80), index=st.integers(0, 1000))
def test_copy_wants_the_ten_symbols_after_the_delimiter(length: int, index: int) -> None:
    task = build_task(RunConfig(task="copy", window_length=length, batch_size=3))
    batch = task.batch(index)
    assert (batch.inputs.sum(axis=2) == 1).all()
    said, wanted = batch.inputs.argmax(axis=2), batch.targets.argmax(axis=2)
    assert (said[:, :10] < 8).all()
    blanks = [*range(10, length - 11), *range(length - 10, length)]
    assert (said[:, blanks] == 8).all()
    assert (said[:, length - 11] == 9).all()
    assert (wanted[:, :-10] == 8).all()
    np.testing.assert_array_equal(wanted[:, -10:], said[:, :10])
    assert batch.loss_mask is None


@given(length=st.integers(5, 60), index=st.integers(0, 1000))
def test_anbn_shows_a_string_and_wants_it_one_symbol_on(length: int, index: int) -> None:
    batch = build_task(RunConfig(task="anbn", window_length=length, batch_size=5)).batch(index)
    assert batch.loss_mask is not None
    for row in range(5):
        shown = "".join("Sab"[x.argmax()] if x.any() else "." for x in batch.inputs[row])
        wanted = "".join("abT"[y.argmax()] if y.any() else "." for y in batch.targets[row])
        n = shown.count("a")
        assert 1 <= n <= (length - 1) // 2
        rest = "." * (length - 2 * n - 1)
        assert shown == "S" + n * "a" + n * "b" + rest
        assert wanted == n * "a" + n * "b" + "T" + rest
        np.testing.assert_array_equal(batch.loss_mask[row], np.arange(length) <= 2 * n)


def test_all_lengths_of_anbn_occur_equally_often() -> None:
    task = build_task(RunConfig(task="anbn", window_length=21, batch_size=64))
    n = np.concatenate([task.batch(k).inputs[:, :, 1].sum(axis=1) for k in range(100)])
    counts = np.bincount(n.astype(int), minlength=11)
    assert counts[0] == 0
    assert (abs(counts[1:] - 640) < 5 * math.sqrt(640)).all()


# --- how a score is read ------------------------------------------------------------------


def task_of(name: str, **settings: int) -> Task:
    return build_task(RunConfig.from_dict({"task": name, "batch_size": 8, **settings}))


@pytest.mark.parametrize("name", ["sum_of_sines", "chirp", "noisy_sine", "mackey_glass", "lorenz"])
def test_a_forecast_is_never_right_or_wrong(name: str) -> None:
    task = task_of(name)
    batch = task.batch(3)
    assert task.accuracy(batch, batch.targets) is None


def test_narma10_is_never_right_or_wrong() -> None:
    task = task_of("narma10")
    assert task.accuracy(task.batch(3), task.batch(3).targets) is None


@pytest.mark.parametrize(
    "name",
    ["square_wave", "delayed_recall", "flip_flop", "adding", "temporal_order", "copy", "anbn"],
)
def test_what_is_wanted_is_right_and_its_opposite_is_wrong(name: str) -> None:
    task = task_of(name, window_length=30)
    batch = task.batch(3)
    assert task.accuracy(batch, batch.targets) == 1.0
    assert task.accuracy(batch, -batch.targets) == 0.0


def test_bits_that_came_before_the_stream_are_neither_right_nor_wrong() -> None:
    task = task_of("delayed_recall", delay=15, window_length=10)
    assert task.accuracy(task.batch(0), task.batch(0).targets + 1) is None
    batch = task.batch(1)
    wrong = batch.targets.copy()
    wrong[:, :5] = 7.0
    assert task.accuracy(batch, wrong) == 1.0


def test_a_flip_flop_must_have_all_its_bits_right() -> None:
    task = task_of("flip_flop", window_length=50)
    batch = task.batch(0)
    prediction = batch.targets.copy()
    prediction[:, ::5, 1] *= -1
    assert task.accuracy(batch, prediction) == pytest.approx(0.8)


@pytest.mark.parametrize(("error", "accuracy"), [(0.039, 1.0), (-0.039, 1.0), (0.041, 0.0)])
def test_a_sum_is_right_to_within_a_twenty_fifth(error: float, accuracy: float) -> None:
    task = task_of("adding")
    batch = task.batch(0)
    assert task.accuracy(batch, batch.targets + error) == accuracy


def test_only_the_last_step_of_temporal_order_is_asked() -> None:
    task = task_of("temporal_order", window_length=20)
    batch = task.batch(0)
    prediction = batch.targets.copy()
    prediction[:, :-1, 0] = 5.0
    prediction[2, -1] = -prediction[2, -1]
    assert task.accuracy(batch, prediction) == 7 / 8


def test_only_the_recalled_symbols_of_copy_are_asked() -> None:
    task = task_of("copy", window_length=40)
    batch = task.batch(0)
    blanks = np.zeros_like(batch.targets)
    blanks[..., 8] = 1.0
    assert task.accuracy(batch, blanks) == 0.0
    prediction = batch.targets.copy()
    prediction[:, :-10] = 0.0
    prediction[:, -3:] = -prediction[:, -3:]
    assert task.accuracy(batch, prediction) == pytest.approx(0.7)


def test_a_string_must_be_right_wherever_it_can_be_known() -> None:
    task = task_of("anbn", window_length=21)
    batch = task.batch(0)
    n = batch.inputs[:, :, 1].sum(axis=1).astype(int)
    prediction = batch.targets.copy()
    # After an a nobody can know.
    prediction[batch.inputs[:, :, 1] == 1] = [0.0, 0.0, 1.0]
    assert task.accuracy(batch, prediction) == 1.0
    prediction[0, 2 * n[0]] = [0.0, 1.0, 0.0]  # one b too many
    prediction[3, 0] = [0.0, 1.0, 0.0]  # no a to begin with
    assert task.accuracy(batch, prediction) == 6 / 8
