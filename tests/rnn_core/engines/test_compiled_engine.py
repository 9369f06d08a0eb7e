"""The compiled engine beside PyTorch, which is the reference."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, product

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnn_core import CELLS, TASKS, Replicas, RunConfig, Step, Trainer, build_task
from rnn_core.engines import kernels, prepare_compiled

WITH_KERNEL = [name for name, cell in CELLS.items() if cell.kernel is not None]
# Gentle rates: where a run is chaotic, rounding alone grows by a factor of ten in twenty steps.
RATES = {"adam": 0.002, "sgd": 0.01, "rmsprop": 0.0002}

EVERY_KIND = [
    RunConfig(
        cell=cell,
        optimizer=optimizer,
        # A ReLU RNN has no upper limit, and is chaotic sooner.
        lr=RATES[optimizer] / (4 if cell == "rnn_relu" else 1),
        num_layers=layers,
        clip_norm=clip_norm,
        carry_state=carry,
        hidden_size=6,
    )
    for cell, optimizer, layers, clip_norm, carry in product(
        WITH_KERNEL, RATES, (1, 2), (None, 0.2), (True, False)
    )
]


def kind(config: RunConfig) -> str:
    carry = "carry" if config.carry_state else "reset"
    return f"{config.cell}-{config.optimizer}-{config.num_layers}-{config.clip_norm}-{carry}"


def trained(
    config: RunConfig, engine: str, count: int, dtype: torch.dtype
) -> tuple[Trainer, list[Step]]:
    trainer = Trainer(config, dtype=dtype, engine=engine)
    return trainer, list(islice(trainer.steps(), count))


def numbers_of(trainer: Trainer) -> dict[str, np.ndarray]:
    """Weights, gradients, state and the optimiser's state."""
    found: dict[str, np.ndarray] = {"hidden": trainer.hidden_states}
    for name, parameter in trainer.model.named_parameters():
        found[name] = parameter.detach().numpy()
        assert (parameter.grad is not None) == parameter.requires_grad
        if parameter.grad is not None:
            found[f"grad of {name}"] = parameter.grad.numpy()
        for key, value in trainer.optimizer.state.get(parameter, {}).items():
            if value is not None:
                found[f"{key} of {name}"] = value.numpy()
    state = trainer.state
    if state is not None:
        parts = state if isinstance(state, tuple) else (state,)
        found |= {f"state {i}": part.numpy() for i, part in enumerate(parts)}
    return found


def assert_same(ours: Trainer, theirs: Trainer, tolerance: float) -> None:
    expected = numbers_of(theirs)
    found = numbers_of(ours)
    assert set(found) == set(expected)
    for name, value in found.items():
        scale = np.abs(expected[name]).max(initial=0.0) or 1.0
        # A gradient may be what is left of terms that cancel: these are rounded at 1e-17.
        atol = tolerance * scale + 1e-17
        np.testing.assert_allclose(value, expected[name], rtol=tolerance, atol=atol, err_msg=name)


@pytest.mark.parametrize("config", EVERY_KIND, ids=kind)
def test_float64_losses_gradients_weights_and_moments_are_torchs(config: RunConfig) -> None:
    # Long enough for every moment and clipped gradient to count; 200 steps are taken below.
    reference, expected = trained(config, "torch", 40, torch.float64)
    compiled, steps = trained(config, "compiled", 40, torch.float64)
    for name in ("loss", "grad_norm"):
        np.testing.assert_allclose(
            [getattr(step, name) for step in steps],
            [getattr(step, name) for step in expected],
            rtol=1e-9,
        )
    np.testing.assert_allclose(steps[-1].prediction, expected[-1].prediction, rtol=1e-8, atol=1e-9)
    assert_same(compiled, reference, 1e-8)


@pytest.mark.parametrize("config", EVERY_KIND[::5], ids=kind)
def test_float32_losses_are_torchs_for_fifty_steps(config: RunConfig) -> None:
    _trainer, expected = trained(config, "torch", 50, torch.float32)
    _trainer, steps = trained(config, "compiled", 50, torch.float32)
    np.testing.assert_allclose(
        [step.loss for step in steps], [step.loss for step in expected], rtol=1e-4
    )


@settings(max_examples=25)
@given(
    config=st.builds(
        RunConfig,
        cell=st.sampled_from(WITH_KERNEL),
        hidden_size=st.integers(1, 9),
        num_layers=st.integers(1, 4),
        batch_size=st.integers(1, 5),
        window_length=st.integers(2, 12),
        carry_state=st.booleans(),
        noise_std=st.sampled_from([0.0, 0.3]),
        forget_bias=st.sampled_from([None, 1.0]),
        lr=st.just(0.002),
    )
)
def test_any_shape_is_trained_as_torch_trains_it(config: RunConfig) -> None:
    reference, expected = trained(config, "torch", 8, torch.float64)
    compiled, steps = trained(config, "compiled", 8, torch.float64)
    np.testing.assert_allclose(
        [step.loss for step in steps], [step.loss for step in expected], rtol=1e-10
    )
    assert steps[0].prediction.shape == expected[0].prediction.shape
    assert_same(compiled, reference, 1e-8)


# What may happen to a run between two steps.
HAPPENINGS = ("switch", "restore", "fork", "many", "pickle")


@st.composite
def any_run(draw: st.DrawFn) -> RunConfig:
    """A run of any kind, gentle enough for its losses to be compared over 200 steps."""
    task = draw(st.sampled_from(sorted(TASKS)))
    cell, optimizer = draw(st.sampled_from(WITH_KERNEL)), draw(st.sampled_from(sorted(RATES)))
    changed = {
        "cell": cell,
        "optimizer": optimizer,
        "lr": RATES[optimizer] / (16 if cell == "rnn_relu" else 4),
        "hidden_size": draw(st.integers(1, 8)),
        "num_layers": draw(st.integers(1, 3)),
        "clip_norm": draw(st.sampled_from([None, 0.05, 1.0])),
        "carry_state": draw(st.booleans()),
        "momentum": draw(st.sampled_from([0.0, 0.9])),
        "single_bias": draw(st.booleans()),
        "initialisation": draw(st.sampled_from(["pytorch", "orthogonal"])),
        "batch_size": draw(st.integers(1, 3)),
        "window_length": draw(st.integers(2, 30)),
        "seed": draw(st.integers(0, 99)),
    }
    for attempt in (changed, {**changed, "window_length": TASKS[task].config().window_length}):
        try:
            config = TASKS[task].config(**attempt)
            build_task(config)
        except ValueError:  # too short a window for the task
            continue
        return config
    return TASKS[task].config(cell=cell, hidden_size=3)


# `--hypothesis-profile=long` tries some hundred.
@settings(max_examples=max(8, settings.default.max_examples // 12))
@example(RunConfig(hidden_size=2), [(2, "restore"), (1, "restore"), (1, "restore")])
@given(any_run(), st.lists(st.tuples(st.integers(1, 60), st.sampled_from(HAPPENINGS)), max_size=5))
def test_whatever_happens_to_a_run_its_losses_are_torchs_for_200_steps(
    config: RunConfig, happenings: list[tuple[int, str]]
) -> None:
    expected = Trainer(config, dtype=torch.float64).advance(200).losses
    found = np.full(200, np.nan)
    trainer = Trainer(config, dtype=torch.float64, engine="compiled")
    kept = None

    def take(count: int) -> None:
        taken = 0 if trainer.index is None else trainer.index + 1
        for step in islice(trainer.steps(), min(count, 200 - taken)):
            found[step.index] = step.loss

    for count, happening in happenings:
        take(count)
        if happening == "switch":
            trainer.engine = "torch" if trainer.engine == "compiled" else "compiled"
        elif happening == "restore":
            if kept is not None:
                trainer.restore(kept)
            kept = trainer.snapshot() if trainer.index is not None else None
        elif happening == "fork":
            trainer = trainer.fork()
        elif happening == "pickle":
            trainer = pickle.loads(pickle.dumps(trainer))
        elif trainer.index is not None and trainer.index < 190:
            many = trainer.advance(7)
            found[many.first : many.first + len(many)] = many.losses
    take(200)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("route", [("torch", "compiled", "torch"), ("compiled", "torch")])
@pytest.mark.parametrize("cell", WITH_KERNEL)
@pytest.mark.parametrize("optimizer", RATES)
def test_a_run_changes_engines_midway_and_goes_on(
    cell: str, optimizer: str, route: tuple[str, ...]
) -> None:
    config = RunConfig(
        cell=cell, optimizer=optimizer, lr=RATES[optimizer], clip_norm=0.2, hidden_size=6
    )
    reference, expected = trained(config, "torch", 7 * len(route), torch.float64)
    trainer = Trainer(config, dtype=torch.float64, engine=route[0])
    losses = []
    for engine in route:
        trainer.engine = engine
        assert trainer.engine == engine
        losses += [step.loss for step in islice(trainer.steps(), 7)]
    np.testing.assert_allclose(losses, [step.loss for step in expected], rtol=1e-9)
    assert_same(trainer, reference, 1e-8)


@pytest.mark.parametrize("cell", WITH_KERNEL)
def test_a_compiled_run_is_the_same_every_time_whatever_happens_between_its_steps(
    cell: str,
) -> None:
    config = RunConfig(cell=cell, noise_std=0.1)
    trainer, expected = trained(config, "compiled", 20, torch.float32)
    trainer.lr = 0.5
    list(islice(trainer.steps(), 3))
    trainer.reset()
    steps = []
    for step in islice(trainer.steps(), 20):
        inputs = torch.as_tensor(np.array(step.inputs))
        trainer.model(inputs, trainer.state)[0].sum().backward()
        trainer.model.zero_grad()
        steps.append(step)
    assert steps == expected


def test_the_model_stays_a_plain_module_that_predicts_what_the_step_says() -> None:
    trainer, steps = trained(RunConfig(cell="gru", num_layers=2), "compiled", 9, torch.float64)
    inputs = torch.as_tensor(np.array(steps[-1].inputs))
    prediction, _state = trainer.model(inputs, trainer.state)
    np.testing.assert_allclose(prediction.detach().numpy(), steps[-1].prediction)
    assert type(trainer.model.rnn) is torch.nn.GRU
    assert type(trainer.optimizer) is torch.optim.Adam


def test_divergence_ends_a_compiled_run_where_it_ends_the_reference() -> None:
    config = RunConfig(optimizer="sgd", lr=1.0)
    _trainer, expected = trained(config, "torch", 200, torch.float32)
    _trainer, steps = trained(config, "compiled", 200, torch.float32)
    assert [step.is_finite for step in steps] == [True] * (len(steps) - 1) + [False]
    # At the edge of what a number can hold, the order of a sum decides over a step.
    assert abs(len(steps) - len(expected)) <= 2


@pytest.mark.parametrize(
    ("config", "chosen"),
    [
        (RunConfig(), "compiled"),
        (RunConfig(cell="lstm"), "compiled"),
        (RunConfig(cell="lstm", batch_size=32, window_length=200), "compiled"),
        (RunConfig(cell="lstm", batch_size=32, hidden_size=128), "torch"),
        (RunConfig(cell="gru", batch_size=32, hidden_size=256), "compiled"),
        (RunConfig(hidden_size=256, batch_size=64), "torch"),
    ],
)
def test_auto_takes_the_faster_one_once_it_is_ready(config: RunConfig, chosen: str) -> None:
    prepare_compiled().join()
    assert Trainer(config, engine="auto").engine == chosen
    # Checks are the reference's task.
    assert Trainer(config, engine="auto", dtype=torch.float64).engine == "torch"


def test_an_unknown_engine_is_refused() -> None:
    sentence = (
        "Unknown engine 'compild'. Choose from: auto, compiled, torch. Did you mean 'compiled'?"
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Trainer(RunConfig(), engine="compild")
    with pytest.raises(ValueError, match="Unknown engine 'jax'"):
        Trainer(RunConfig()).engine = "jax"


def test_momentum_zero_keeps_no_buffer_in_either_engine() -> None:
    config = replace(RunConfig(), optimizer="sgd", momentum=0.0, lr=0.01)
    reference, expected = trained(config, "torch", 30, torch.float64)
    compiled, steps = trained(config, "compiled", 30, torch.float64)
    assert steps[-1].loss == pytest.approx(expected[-1].loss, rel=1e-10)
    assert_same(compiled, reference, 1e-9)


@pytest.mark.parametrize("engines", [("torch", "compiled"), ("compiled", "torch")])
def test_changing_the_engine_while_a_step_is_held_keeps_all_that_belongs_to_it(
    engines: tuple[str, str],
) -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    trainer, _steps = trained(config, engines[0], 4, torch.float64)
    before = {name: value.copy() for name, value in numbers_of(trainer).items()}
    trainer.engine = engines[1]
    after = numbers_of(trainer)
    assert set(after) == set(before)
    for name, value in after.items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_before_the_first_step_there_are_no_hidden_states(engine: str) -> None:
    trainer = Trainer(RunConfig(batch_size=2), dtype=torch.float64, engine=engine)
    assert trainer.hidden_states.shape == (2, 0, 32)
    assert trainer.hidden_states.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kernels_tanh_is_right_to_three_units_in_the_last_place(dtype: type) -> None:
    small = np.logspace(-30, 1.5, 20_001)
    values = np.concatenate([-small, small, np.linspace(-25, 25, 20_001)]).astype(dtype)
    found = values.copy()
    kernels._tanh(found)
    expected = np.tanh(values.astype(np.longdouble))
    assert np.all(np.abs(found - expected) <= 3 * np.spacing(np.abs(expected).astype(dtype)))
    edges = np.array([0, np.inf, -np.inf, np.nan], dtype)
    kernels._tanh(edges)
    np.testing.assert_array_equal(edges, [0, 1, -1, np.nan])


def test_runs_of_other_shapes_and_tasks_need_nothing_compiled_anew() -> None:
    prepare_compiled().join()
    before = len(kernels.train.signatures)
    for config in (
        RunConfig(cell="lstm", batch_size=3, noise_std=0.1),
        RunConfig(cell="gru", num_layers=2, optimizer="sgd", frequency=0.3217),
    ):
        trained(config, "compiled", 2, torch.float32)
        next(Replicas([config, config], engine="compiled").steps())
    assert len(kernels.train.signatures) == before


# --- fixed parameters -----------------------------------------------------------------------------


def fix(trainer: Trainer, *names: str) -> Trainer:
    for name, parameter in trainer.model.named_parameters():
        if name.startswith(names):
            parameter.requires_grad_(False)
    return trainer


PATTERNS = {
    "readout alone": ("rnn.",),
    "first layer": ("rnn.weight_ih_l0", "rnn.weight_hh_l0"),
    "here and there": ("rnn.weight_hh_l0", "rnn.bias_ih_l1", "out.bias"),
    "all": ("rnn.", "out."),
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("cell", WITH_KERNEL)
def test_fixed_parameters_stay_and_all_else_is_torchs(
    cell: str, optimizer: str, pattern: str
) -> None:
    config = RunConfig(
        cell=cell,
        optimizer=optimizer,
        lr=RATES[optimizer],
        clip_norm=0.2,
        num_layers=2,
        hidden_size=5,
    )
    reference, compiled = (
        fix(Trainer(config, dtype=torch.float64, engine=engine), *PATTERNS[pattern])
        for engine in ("torch", "compiled")
    )
    before = {name: each.detach().clone() for name, each in compiled.model.named_parameters()}
    expected = list(islice(reference.steps(), 25))
    steps = list(islice(compiled.steps(), 25))
    for name in ("loss", "grad_norm"):
        np.testing.assert_allclose(
            [getattr(step, name) for step in steps],
            [getattr(step, name) for step in expected],
            rtol=1e-9,
        )
    assert_same(compiled, reference, 1e-8)
    for name, parameter in compiled.model.named_parameters():
        assert torch.equal(parameter, before[name]) == (not parameter.requires_grad)
    many = fix(Trainer(config, dtype=torch.float64, engine="compiled"), *PATTERNS[pattern])
    assert many.advance(25).losses.tolist() == [step.loss for step in steps]


@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("cell", WITH_KERNEL)
def test_a_network_with_one_bias_is_trained_as_torch_trains_it(cell: str, optimizer: str) -> None:
    config = RunConfig(
        cell=cell,
        optimizer=optimizer,
        lr=RATES[optimizer],
        num_layers=2,
        hidden_size=5,
        single_bias=True,
    )
    reference, expected = trained(config, "torch", 30, torch.float64)
    compiled, steps = trained(config, "compiled", 30, torch.float64)
    np.testing.assert_allclose(
        [step.loss for step in steps], [step.loss for step in expected], rtol=1e-9
    )
    assert_same(compiled, reference, 1e-8)
    assert not compiled.model.rnn.get_parameter("bias_hh_l1").any()
    (group,) = compiled.optimizer.param_groups
    assert len(group["params"]) == len(list(compiled.model.parameters())) - 2


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("by", ["setting", "hand"])
def test_fixed_parameters_come_back_with_a_snapshot_and_stay_fixed(engine: str, by: str) -> None:
    config = RunConfig(cell="lstm", hidden_size=4, clip_norm=0.3, single_bias=by == "setting")
    trainer = Trainer(config, engine=engine)
    if by == "hand":
        fix(trainer, "rnn.weight_ih", "out.bias")
    fixed = {
        name: each.detach().clone()
        for name, each in trainer.model.named_parameters()
        if not each.requires_grad
    }
    list(islice(trainer.steps(), 6))
    snapshot, fork = trainer.snapshot(), trainer.fork()
    straight_on = list(islice(trainer.steps(), 8))
    assert list(islice(fork.steps(), 9))[1:] == straight_on
    trainer.restore(snapshot)
    assert list(islice(trainer.steps(), 9))[1:] == straight_on
    for run in (trainer, fork):
        for name, parameter in run.model.named_parameters():
            assert parameter.requires_grad == (name not in fixed)
            if name in fixed:
                assert torch.equal(parameter, fixed[name])
                assert parameter.grad is None


@pytest.mark.parametrize("route", [("torch", "compiled", "torch"), ("compiled", "torch")])
@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("by", ["setting", "hand"])
def test_a_run_with_fixed_parameters_changes_engines(
    by: str, optimizer: str, route: tuple[str, ...]
) -> None:
    config = RunConfig(
        cell="gru",
        optimizer=optimizer,
        lr=RATES[optimizer],
        hidden_size=5,
        single_bias=by == "setting",
    )
    # The first parameter of all: Adam's count of updates must not be read from it.
    names = ("rnn.weight_ih",) if by == "hand" else ()
    reference = fix(Trainer(config, dtype=torch.float64), *names)
    expected = [step.loss for step in islice(reference.steps(), 7 * len(route))]
    trainer = fix(Trainer(config, dtype=torch.float64, engine=route[0]), *names)
    losses = []
    for engine in route:
        trainer.engine = engine
        losses += [step.loss for step in islice(trainer.steps(), 7)]
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(trainer, reference, 1e-8)


def test_replicas_may_have_other_fixed_parameters_each() -> None:
    configs = [RunConfig(hidden_size=5, single_bias=one) for one in (False, True, False)]
    replicas = Replicas(configs, engine="compiled")
    for parameter in replicas.models[2].rnn.parameters():
        parameter.requires_grad_(False)
    found = np.array([step.loss for step in islice(replicas.steps(), 30)])
    for n, config in enumerate(configs):
        alone = Trainer(config, engine="compiled")
        if n == 2:
            fix(alone, "rnn.")
        np.testing.assert_array_equal(found[:, n], alone.advance(30).losses)


def test_parameters_that_replace_fixed_ones_are_fixed() -> None:
    config = RunConfig(hidden_size=6, single_bias=True)
    expected = trained(config, "compiled", 12, torch.float32)[1]
    trainer, steps = trained(config, "compiled", 6, torch.float32)
    values = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.model.load_state_dict(values, assign=True)
    # PyTorch takes requires_grad from the values, which have none.
    for name, parameter in trainer.model.named_parameters():
        parameter.requires_grad_("bias_hh" not in name)
    assert steps + list(islice(trainer.steps(), 6)) == expected


# --- tensors that are moved or replaced -----------------------------------------------------------


def share(trainer: Trainer) -> None:
    trainer.model.share_memory()


def share_moments(trainer: Trainer) -> None:
    for state in trainer.optimizer.state.values():
        for value in state.values():
            value.share_memory_()


def share_gradients(trainer: Trainer) -> None:
    for parameter in trainer.model.parameters():
        assert parameter.grad is not None
        parameter.grad.share_memory_()


def send_state(trainer: Trainer) -> None:
    queue = torch.multiprocessing.get_context("spawn").SimpleQueue()
    queue.put(trainer.model.state_dict())
    queue.put(trainer.optimizer.state_dict())
    queue.get(), queue.get()


def assign(trainer: Trainer) -> None:
    values = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.model.load_state_dict(values, assign=True)


def replace_data(trainer: Trainer) -> None:
    for parameter in trainer.model.parameters():
        parameter.data = parameter.data.clone()


def replace_readout(trainer: Trainer) -> None:
    values = trainer.model.out.state_dict()
    trainer.model.out = torch.nn.Linear(6, 1)
    trainer.model.out.load_state_dict(values)


def replace_one_bias(trainer: Trainer) -> None:
    trainer.model.out.bias = torch.nn.Parameter(trainer.model.out.bias.detach().clone())


def reload_optimizer(trainer: Trainer) -> None:
    trainer.optimizer.load_state_dict(trainer.optimizer.state_dict())


def there_and_back(trainer: Trainer) -> None:
    trainer.model.double()
    trainer.model.float()


MOVES = (
    share,
    share_moments,
    share_gradients,
    send_state,
    assign,
    replace_data,
    replace_readout,
    replace_one_bias,
    reload_optimizer,
    there_and_back,
)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
@pytest.mark.parametrize("optimizer", RATES)
def test_a_run_whose_tensors_are_moved_goes_on_bit_for_bit(
    move: Callable[[Trainer], None], optimizer: str
) -> None:
    config = RunConfig(
        cell="lstm", hidden_size=6, optimizer=optimizer, lr=RATES[optimizer], clip_norm=0.2
    )
    left_alone, expected = trained(config, "compiled", 20, torch.float32)
    trainer, steps = trained(config, "compiled", 5, torch.float32)
    for _ in range(3):
        move(trainer)
        steps += islice(trainer.steps(), 5)
    assert steps == expected
    # The model is trained still, and not a copy of it.
    for name, value in numbers_of(trainer).items():
        np.testing.assert_array_equal(value, numbers_of(left_alone)[name], err_msg=name)


def test_new_values_are_what_training_goes_on_from() -> None:
    config = RunConfig(hidden_size=6)
    for change in ("data", "assign"):
        runs = {
            engine: trained(config, engine, 5, torch.float64)[0] for engine in ("torch", "compiled")
        }
        for engine, trainer in runs.items():
            values = {name: 0.5 * value for name, value in trainer.model.state_dict().items()}
            # The transpose of a square weight has the same address. PyTorch's fused Adam takes
            # every parameter to be contiguous.
            square = trainer.model.state_dict()["rnn.weight_hh_l0"].t()
            values["rnn.weight_hh_l0"] = square.contiguous() if engine == "torch" else square
            if change == "assign":
                trainer.model.load_state_dict(values, assign=True)
            else:
                for name, parameter in trainer.model.named_parameters():
                    parameter.data = values[name]
        losses = {
            engine: [step.loss for step in islice(trainer.steps(), 20)]
            for engine, trainer in runs.items()
        }
        np.testing.assert_allclose(losses["compiled"], losses["torch"], rtol=1e-9)
        assert_same(runs["compiled"], runs["torch"], 1e-8)


def test_an_optimizer_whose_state_is_cleared_begins_anew() -> None:
    runs = {
        engine: trained(RunConfig(hidden_size=6), engine, 5, torch.float64)[0]
        for engine in ("torch", "compiled")
    }
    for trainer in runs.values():
        trainer.optimizer.state.clear()
        list(islice(trainer.steps(), 5))
    assert_same(runs["compiled"], runs["torch"], 1e-8)


def double(trainer: Trainer) -> None:
    trainer.model.double()


def decay_weights(trainer: Trainer) -> None:
    trainer.optimizer.param_groups[0]["weight_decay"] = 0.5


def change_betas(trainer: Trainer) -> None:
    trainer.optimizer.param_groups[0]["betas"] = (0.5, 0.9)


def change_eps(trainer: Trainer) -> None:
    trainer.optimizer.param_groups[0]["eps"] = 1e-3


def freeze(trainer: Trainer) -> None:
    trainer.model.out.bias.requires_grad_(False)


def add_group(trainer: Trainer) -> None:
    trainer.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})


def rename(trainer: Trainer) -> None:
    trainer.model.extra = torch.nn.Linear(1, 1)


def widen(trainer: Trainer) -> None:
    trainer.model.out = torch.nn.Linear(6, 2)


def leave_cpu(trainer: Trainer) -> None:
    trainer.model.to("meta")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (double, "The dtype of rnn.weight_ih_l0 must stay torch.float32 for the compiled engine"),
        (widen, "The shape of out.weight must stay (1, 6) for the compiled engine, got (2, 6)"),
        (leave_cpu, "The device of rnn.weight_ih_l0 must stay cpu"),
        (
            decay_weights,
            "The optimizer's weight_decay must stay 0 for the compiled engine",
        ),
        (change_betas, "The optimizer's betas must stay (0.9, 0.999)"),
        (change_eps, "The optimizer's eps must stay 1e-08"),
        (
            freeze,
            "The 6 parameters that have a gradient must require gradients until it is applied",
        ),
        (add_group, "The optimizer must have one group with all trained parameters"),
        (rename, "The model must keep its parameters for the compiled engine"),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_what_the_kernels_cannot_compute_is_refused_at_the_next_step(
    change: Callable[[Trainer], None], sentence: str, many: bool
) -> None:
    trainer, _steps = trained(RunConfig(hidden_size=6), "compiled", 5, torch.float32)
    change(trainer)
    for _ in range(2):
        with pytest.raises(ValueError, match=re.escape(sentence)):
            trainer.advance(3) if many else next(trainer.steps())


def test_after_a_refusal_the_run_goes_on_once_it_is_set_right() -> None:
    expected = trained(RunConfig(), "compiled", 8, torch.float32)[1]
    trainer, steps = trained(RunConfig(), "compiled", 4, torch.float32)
    decay_weights(trainer)
    with pytest.raises(ValueError, match="weight_decay"):
        next(trainer.steps())
    trainer.optimizer.param_groups[0]["weight_decay"] = 0
    assert steps + list(islice(trainer.steps(), 4)) == expected


def test_a_learning_rate_set_in_the_optimizer_is_read() -> None:
    direct, through = (trained(RunConfig(), "compiled", 4, torch.float32)[0] for _ in range(2))
    direct.optimizer.param_groups[0]["lr"] = 0.001
    through.lr = 0.001
    assert list(islice(direct.steps(), 5)) == list(islice(through.steps(), 5))


def test_replicas_notice_moved_and_replaced_tensors() -> None:
    configs = [RunConfig(cell="gru", seed=seed, hidden_size=6) for seed in range(3)]
    left_alone = Replicas(configs, engine="compiled")
    expected = [step.loss for step in islice(left_alone.steps(), 15)]
    replicas = Replicas(configs, engine="compiled")
    found = [step.loss for step in islice(replicas.steps(), 5)]
    for model in replicas.models[::2]:
        model.share_memory()
    found += [step.loss for step in islice(replicas.steps(), 5)]
    for parameter in replicas.models[1].parameters():
        parameter.data = parameter.data.clone()
    found += [step.loss for step in islice(replicas.steps(), 5)]
    np.testing.assert_array_equal(found, expected)
    replicas.models[1].double()
    with pytest.raises(ValueError, match=r"must stay torch\.float32"):
        next(replicas.steps())
