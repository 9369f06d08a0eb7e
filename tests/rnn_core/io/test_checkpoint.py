from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save
from torch import nn

from rnn_core import CELLS, RunConfig, Trainer
from rnn_core.io import RunHistory, load_checkpoint, save_checkpoint, save_weights
from rnn_core.io import checkpoint as module
from rnn_core.series import Series, SeriesPlan, bundled_series
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.early_stopping import StoppingMemory


def _trained(steps: int = 30, **settings: object) -> Trainer:
    trainer = Trainer(RunConfig.from_dict({"hidden_size": 6, "seed": 3, **settings}))
    trainer.advance(steps)
    return trainer


def _run(trainer: Trainer, steps: int = 50) -> list[float]:
    return trainer.advance(steps).losses.tolist()


@pytest.mark.parametrize("cell", CELLS)
def test_a_run_goes_on_bit_for_bit(cell: str) -> None:
    trainer = _trained(cell=cell, num_layers=2, clip_norm=0.5)
    again = load_checkpoint(save_checkpoint(trainer)).trainer(engine="torch")
    held = trainer.snapshot().loss
    assert _run(again, 51) == [held, *_run(trainer)]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("carry_state", [True, False])
def test_every_optimizer_goes_on_bit_for_bit(optimizer: str, carry_state: bool) -> None:
    trainer = _trained(optimizer=optimizer, carry_state=carry_state, lr=0.01)
    trainer.lr = 0.003
    again = load_checkpoint(save_checkpoint(trainer)).trainer(engine="torch")
    assert again.lr == 0.003
    assert _run(again, 51)[1:] == _run(trainer)


def test_the_first_step_is_a_place_to_go_on_from() -> None:
    trainer = _trained(1)
    assert _run(load_checkpoint(save_checkpoint(trainer)).trainer(engine="torch"), 21)[1:] == _run(
        trainer, 20
    )


def test_double_precision_is_kept() -> None:
    trainer = Trainer(RunConfig(hidden_size=4), dtype=torch.float64)
    trainer.advance(10)
    opened = load_checkpoint(save_checkpoint(trainer))
    assert opened.dtype is torch.float64
    assert _run(opened.trainer(engine="torch"), 11)[1:] == _run(trainer, 10)


def test_a_run_on_a_series_names_it_and_carries_its_scaling() -> None:
    values = np.random.default_rng(0).normal(7, 3, (300, 1)).cumsum(axis=0)
    plan, config = SeriesPlan(inputs=("y",), targets=("y",)), RunConfig()
    task = SeriesTask(Series(values, ("y",), "walk"), plan, config)
    trainer = Trainer(config, task=task)
    trainer.advance(5)
    data = save_checkpoint(trainer)
    opened = load_checkpoint(data)
    assert opened.digest == task.series.digest
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    assert json.loads(header["target_scaling"])["mean"] == [task.units.targets.mean[0]]
    again = opened.trainer(task=task, engine="torch")
    assert _run(again, 11)[1:] == _run(trainer, 10)


def test_the_weights_load_straight_into_pytorch() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(1, 6, batch_first=True)
            self.out = nn.Linear(6, 1)

    trainer, net = _trained(cell="lstm"), Net()
    found = net.load_state_dict(load(save_checkpoint(trainer)), strict=False)
    assert not found.missing_keys
    inputs = torch.randn(1, 9, 1)
    with torch.no_grad():
        expected, _state = trainer.model(inputs)
        assert torch.equal(net.out(net.rnn(inputs)[0]), expected)


def test_other_settings_of_training_take_the_weights_over() -> None:
    trainer = _trained(cell="gru")
    opened = load_checkpoint(save_checkpoint(trainer))
    other = RunConfig(cell="gru", hidden_size=6, lr=0.001, optimizer="sgd")
    again = opened.trainer(other)
    assert again.index is None
    for name, each in again.model.named_parameters():
        assert torch.equal(each, dict(trainer.model.named_parameters())[name])
    with pytest.raises(ValueError, match="Choose the file's cell, hidden_size and num_layers"):
        opened.trainer(RunConfig(cell="gru", hidden_size=7))


def test_a_pickle_is_refused_unopened() -> None:
    for new in (True, False):
        file = io.BytesIO()
        torch.save(nn.RNN(1, 4).state_dict(), file, _use_new_zipfile_serialization=new)
        with pytest.raises(ValueError, match="The file is a pickle"):
            load_checkpoint(file.getvalue())


def test_what_is_no_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="data must be the bytes of a file, got str"):
        load_checkpoint("weights.safetensors")  # type: ignore[arg-type]
    monkeypatch.setattr(module, "LARGEST", 100)
    with pytest.raises(ValueError, match="more than 0 MB"):
        load_checkpoint(save_checkpoint(_trained(1)))


DATA = save_checkpoint(_trained(3, cell="lstm"))
_HEADER = 8 + int.from_bytes(DATA[:8], "little")


def _opened_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        load_checkpoint(data).trainer(engine="torch").advance(2)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, _HEADER - 1), st.integers(0, 255), st.integers(1, len(DATA)))
def test_a_damaged_file_is_opened_or_refused_with_a_sentence(
    place: int, byte: int, length: int
) -> None:
    changed = bytearray(DATA)
    changed[place] = byte
    _opened_or_refused(bytes(changed))
    _opened_or_refused(DATA[:length])


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ValueError, match="safetensors"):
        load_checkpoint(data)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(
        ["config", "engine", "step", "loss", "lr", "trained", "task", "series", "format"]
    ),
    text=st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            ["{}", "[]", "null", "[1]", "-1", "nan", "inf", '[{"params": [0]}]', "9" * 400]
        ),
    ),
)
def test_changed_metadata_is_opened_or_refused_with_a_sentence(name: str, text: str) -> None:
    header = json.loads(DATA[8:_HEADER])
    header["__metadata__"][name] = text
    written = json.dumps(header).encode()
    _opened_or_refused(len(written).to_bytes(8, "little") + written + DATA[_HEADER:])


def _history(count: int = 30) -> RunHistory:
    steps = np.arange(count)
    return RunHistory(
        step=steps,
        loss=steps / 7.0,
        grad_norm=steps / 3.0,
        held_out_step=np.array([4, 9]),
        held_out=np.arange(6.0).reshape(2, 3),
        lr_step=np.array([0, 7]),
        lr=np.array([0.01, 0.1]),
        clip_step=np.array([0, 4, 9]),
        clip_norm=np.array([np.inf, 1.0, 0.5]),
    )


def test_a_file_may_carry_the_losses_and_what_the_run_began_with() -> None:
    trainer, start = _trained(), dict(_trained(seed=5).model.named_parameters())
    opened = load_checkpoint(save_checkpoint(trainer, history=_history(), start=start))
    assert opened.history is not None
    assert opened.start is not None
    for field in dataclasses.fields(RunHistory):
        np.testing.assert_array_equal(
            getattr(opened.history, field.name), getattr(_history(), field.name)
        )
    assert all(torch.equal(opened.start[name], each) for name, each in start.items())
    assert _run(opened.trainer(engine="torch"), 51)[1:] == _run(trainer)
    assert opened.history.rates == {0: 0.01, 7: 0.1}
    assert opened.history.clips == {0: None, 4: 1.0, 9: 0.5}
    bare = load_checkpoint(save_checkpoint(trainer))
    assert bare.history is None
    assert not bare.knows_changes


def test_a_history_tells_the_changes_if_it_ends_with_the_settings_of_the_run() -> None:
    trainer = _trained()
    now = dataclasses.replace(
        _history(),
        lr_step=np.array([0, 7]),
        lr=np.array([0.5, trainer.lr]),
        clip_step=np.array([0]),
        clip_norm=np.array([np.inf]),
    )
    assert load_checkpoint(save_checkpoint(trainer, history=now)).knows_changes
    other = dataclasses.replace(now, lr=np.array([trainer.lr, 0.5]))
    assert not load_checkpoint(save_checkpoint(trainer, history=other)).knows_changes


def test_a_file_of_format_1_opens_and_does_not_tell_clipping() -> None:
    trainer = _trained()
    older = dataclasses.replace(_history(), clip_step=None, clip_norm=None)
    data = save_checkpoint(trainer, history=older)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert header["__metadata__"]["format"] == "2"
    opened = load_checkpoint(save(load(data), {**header["__metadata__"], "format": "1"}))
    assert opened.snapshot is not None
    assert opened.history is not None
    assert opened.history.loss.tolist() == _history().loss.tolist()
    assert opened.history.clips is None
    assert "does not say whether" in str(opened.unrepeatable)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("step", np.arange(31)),
        ("step", np.arange(30)[::-1]),
        ("step", np.arange(30) - 1),
        ("step", np.arange(30) + 1),
        ("loss", np.full(30, np.inf)),
        ("grad_norm", np.zeros((30, 1))),
        ("loss", np.zeros(30, np.float32)),
        ("held_out", np.zeros((2, 2))),
        ("held_out_step", np.array([9, 4])),
        ("lr", np.array([0.1, np.nan])),
        ("clip_norm", np.array([0.1, 0.0, np.inf])),
        ("clip_norm", np.array([0.1, np.nan, 1.0])),
        ("clip_norm", np.array([0.1])),
        ("clip_step", np.array([0, 4, 4])),
    ],
)
def test_losses_that_do_not_fit_are_refused(field: str, value: np.ndarray) -> None:
    history = dataclasses.replace(_history(), **{field: value})
    with pytest.raises(ValueError, match="does not fit the history"):
        load_checkpoint(save_checkpoint(_trained(), history=history))


@pytest.mark.parametrize("cell", CELLS)
def test_weights_alone_begin_a_run_with_their_settings(cell: str) -> None:
    trainer = _trained(cell=cell, num_layers=2, seed=4)
    opened = load_checkpoint(save_weights(trainer))
    assert opened.snapshot is None
    assert opened.config == trainer.config
    again = opened.trainer()
    inputs = np.random.default_rng(0).normal(size=(2, 7, 1))
    np.testing.assert_allclose(again.predict(inputs)[0], trainer.predict(inputs)[0], atol=1e-6)


@pytest.mark.parametrize("plan", ["[]", "{", '{"inputs": 3, "targets": ["a"]}', '{"inputs": []}'])
def test_a_plan_that_is_none_is_refused(plan: str) -> None:
    trainer = Trainer(RunConfig(task="series", hidden_size=2))
    trainer.advance(1)
    data = save_checkpoint(trainer)
    found = load_checkpoint(data)
    assert found.plan == trainer.task.plan  # type: ignore[attr-defined]
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    metadata = {**header["__metadata__"], "plan": plan}
    with pytest.raises(ValueError, match="The file is damaged"):
        load_checkpoint(save(load(data), metadata))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("trained_series", '"rows": ', '"rows": "x', "what it keeps of its series does not fit"),
        ("trained_series", '"means": [', '"means": [1.0, ', "what it keeps of its series does not"),
        ("target_scaling", '"std": [', '"std": [-', "target_scaling does not fit the network"),
        ("input_scaling", '"mean": [', '"mean": [1.0, ', "input_scaling does not fit the network"),
    ],
)
def test_what_a_run_keeps_of_its_series_is_checked(
    name: str, old: str, new: str, said: str
) -> None:
    trainer = Trainer(RunConfig(task="series", hidden_size=2))
    trainer.advance(1)
    data = save_checkpoint(trainer)
    found = load_checkpoint(data).trained_series
    assert found is not None
    assert found.to_json() == trainer.task.trained_series.to_json()  # type: ignore[attr-defined]
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    assert old in header[name]
    changed = {**header, name: header[name].replace(old, new, 1)}
    with pytest.raises(ValueError, match=said):
        load_checkpoint(save(load(data), changed))


@pytest.mark.parametrize("length", [640, 1152, 1408, 19280])
def test_a_file_whose_header_has_the_length_of_a_pickles_first_bytes_opens(length: int) -> None:
    weights = Trainer(RunConfig(hidden_size=2)).model.state_dict()
    plain = save(weights, {"note": ""})
    note = "x" * (length - int.from_bytes(plain[:8], "little"))
    data = save(weights, {"note": note})
    assert data[:2] in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05")
    assert load_checkpoint(data).config.hidden_size == 2


def _stopped() -> tuple[bytes, StoppingMemory]:
    trainer = Trainer(RunConfig(task="series", hidden_size=2, cell="lstm"))
    trainer.advance(21)
    best = trainer.snapshot()
    trainer.advance(40)
    memory = StoppingMemory(5, 20, 0.25, 2, 60)
    return save_checkpoint(trainer, stopping=memory, best=best), memory


def test_where_early_stopping_stood_and_the_best_step_are_kept() -> None:
    data, memory = _stopped()
    found = load_checkpoint(data)
    assert found.stopping == memory
    assert found.best is not None
    trainer, plain = found.trainer(engine="torch"), Trainer(found.config)
    trainer.restore(found.best)
    plain.advance(20)
    assert trainer.advance(5).losses.tolist() == plain.advance(5).losses.tolist()
    assert set(found.weights) == {name for name, _each in trainer.model.named_parameters()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"patience": 5', '"patience": 0'),
        ('"best_step": 20', '"best_step": 61'),
        ('"best_step": 20', '"best_step": null'),
        ('"last_step": 60', '"last_step": 61'),
        ('"waited": 2', '"waited": "many"'),
        ('"waited": 2', '"many": 2'),
    ],
)
def test_what_early_stopping_cannot_have_been_is_refused(old: str, new: str) -> None:
    data, _memory = _stopped()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    assert old in header["early_stopping"]
    changed = {**header, "early_stopping": header["early_stopping"].replace(old, new)}
    with pytest.raises(ValueError, match="The file is damaged"):
        load_checkpoint(save(load(data), changed))


@pytest.mark.parametrize("name", ["best.out.weight", "best.optimizer.0.exp_avg", "best.state.0"])
def test_a_best_step_that_lacks_something_is_refused(name: str) -> None:
    data, _memory = _stopped()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    tensors = load(data)
    del tensors[name]
    with pytest.raises(ValueError, match="The file is damaged"):
        load_checkpoint(save(tensors, header))
    tensors[name] = torch.zeros(3)
    with pytest.raises(ValueError, match="The file is damaged"):
        load_checkpoint(save(tensors, header))


def test_a_run_is_saved_without_what_statsmodels_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    series = bundled_series("airline")
    plan = SeriesPlan(inputs=series.columns[:1], targets=series.columns[:1])
    config = RunConfig(task="series", hidden_size=2, window_length=8)
    trainer = Trainer(config, task=SeriesTask(series, plan, config))
    trainer.advance(1)
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.stattools", None)
    found = load_checkpoint(save_checkpoint(trainer))
    assert found.plan == plan
    assert found.trained_series is None


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_run_on_numbers_beyond_all_bounds_is_saved_and_opened() -> None:
    values = np.random.default_rng(0).choice([-1.5e308, 1.5e308], size=(200, 1))
    plan = SeriesPlan(inputs=("a",), targets=("a",), standardise=False)
    config = RunConfig(task="series", hidden_size=2, window_length=8)
    trainer = Trainer(config, task=SeriesTask(Series(values, ("a",), "far"), plan, config))
    trainer.advance(1)
    found = load_checkpoint(save_checkpoint(trainer))
    assert found.plan == plan
    assert found.trained_series is None
