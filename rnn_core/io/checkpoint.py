"""Networks as safetensors files: a run to go on with, or weights that were trained elsewhere.

The weights have PyTorch's names, ``rnn.weight_ih_l0`` to ``out.bias``, so that the file loads into
any model with such layers. What continues the run stands beside them under names of its own, the
settings in the file's metadata.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnn_core.arguments import require
from rnn_core.cells.module import pack, unpack
from rnn_core.config import SETTINGS, RunConfig
from rnn_core.engines.base import trainable, views_of
from rnn_core.io.files import file_bytes
from rnn_core.io.foreign import read_foreign
from rnn_core.io.weights import different_shape, require_finite, require_shapes
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.models import RecurrentModel, State
from rnn_core.registry import OPTIMIZERS
from rnn_core.rules import IntRange
from rnn_core.series import Scaling, SeriesPlan
from rnn_core.series.trained import TrainedSeries
from rnn_core.tasks import Task
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.early_stopping import StoppingMemory
from rnn_core.training.snapshots import Snapshot
from rnn_core.training.trainer import NUMPY_DTYPES, Trainer
from rnn_core.version import __version__

#: A larger file is none of ours: the largest network with its optimizer takes 30 MB.
LARGEST = 100_000_000
#: Steps in a history at most; of a longer run it is thinned.
MOST_LOSSES = 2**18

# Version of what stands in a run's file. From 2 on its history says when clipping was changed.
_FORMAT, _FORMATS = "2", ("1", "2")
_OPTIMIZER, _STATE = "optimizer.", "state."
# The losses of the run, and the weights that it began with where these are not the seed's.
_HISTORY, _HELD_OUT, _RATES, _START = "history.", "held_out.", "rates.", "start."
_CLIPS, _BEST = "clips.", "best."
_SERIES = "trained_series"
_STEP = IntRange(0, 10**12)
# Characters of a series' name.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, eq=False)
class RunHistory:
    """The losses of a run up to a checkpoint, for every step or thinned.

    Args:
        step: numbers of the steps, ascending from 0 or later, shape ``(N,)``.
        loss: their losses, ``(N,)``.
        grad_norm: Euclidean norms of their gradients, before clipping, ``(N,)``.
        held_out_step: steps of the evaluations, ascending, ``(K,)``.
        held_out: held-out losses and the two ends of their 95 % intervals, ``(K, 3)``.
        lr_step: the steps whose updates were the first with another learning rate, ascending,
            ``(R,)``.
        lr: these learning rates, ``(R,)``.
        clip_step: the steps whose updates were the first to be clipped at another norm, ascending,
            ``(C,)``; None where that is not known.
        clip_norm: these norms, ``(C,)``; inf where nothing was clipped.
    """

    step: NDArray[np.int64]
    loss: NDArray[np.float64]
    grad_norm: NDArray[np.float64]
    held_out_step: NDArray[np.int64]
    held_out: NDArray[np.float64]
    lr_step: NDArray[np.int64]
    lr: NDArray[np.float64]
    clip_step: NDArray[np.int64] | None = None
    clip_norm: NDArray[np.float64] | None = None

    @property
    def rates(self) -> dict[int, float]:
        """The learning rates, each by the first step whose update had it."""
        return dict(zip(self.lr_step.tolist(), self.lr.tolist(), strict=True))

    @property
    def clips(self) -> dict[int, float | None] | None:
        """The norms that gradients were clipped at, likewise; None where they are not known."""
        if self.clip_step is None or self.clip_norm is None:
            return None
        norms = (None if norm == np.inf else norm for norm in self.clip_norm.tolist())
        return dict(zip(self.clip_step.tolist(), norms, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """What a file holds.

    Args:
        config: settings of the run; of weights from elsewhere, those that the shapes tell, and the
            defaults for the others.
        weights: parameters by name, ``rnn.weight_ih_l0`` to ``out.bias``.
        snapshot: where the run stood, to go on bit for bit; None for weights from elsewhere.
        input_size: features D that the network reads.
        output_size: numbers K that it gives.
        engine: what trained the run; ``"auto"`` where that is unknown.
        version: of rnn_core that wrote the file; empty for weights from elsewhere.
        digest: of the series that the run was trained on, `rnn_core.series.Series.digest`; empty
            where it was none.
        series_name: of that series, for people; empty where it was none or the file does not tell.
        plan: how that series was used; None where it was none or the file does not tell.
        trained_series: what the file keeps of that series, so that other rows of its columns can be
            scored; None likewise.
        history: the losses so far; None where the file has none.
        start: parameters that the run began with, where it began with weights from a file; None
            where its seed decided them.
        stopping: where early stopping stood; None where the run had none.
        best: the run at the best step of `stopping`, where that is another one than the snapshot's
            and the file has it.
    """

    config: RunConfig
    weights: Mapping[str, Tensor]
    snapshot: Snapshot | None
    input_size: int
    output_size: int
    engine: str = "auto"
    version: str = ""
    digest: str = ""
    series_name: str = ""
    plan: SeriesPlan | None = None
    trained_series: TrainedSeries | None = None
    history: RunHistory | None = None
    start: Mapping[str, Tensor] | None = None
    stopping: StoppingMemory | None = None
    best: Snapshot | None = None

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the weights."""
        return self.weights["out.weight"].dtype

    @property
    def at_best(self) -> Snapshot | None:
        """The run at the best step of `stopping`, where the file has it."""
        if self.stopping is None or self.snapshot is None:
            return None
        return self.snapshot if self.snapshot.index == self.stopping.best_step else self.best

    @property
    def unrepeatable(self) -> Message | None:
        """Why nobody can take the steps of the run again, in a sentence; None if one can.

        It takes the weights that the run began with from its seed, and every setting that was
        changed on the way, `rnn_core.training.trainer.BRANCH_SETTINGS`.
        """
        if self.snapshot is None:
            return Message(
                N_("The file has weights alone, and nothing says how they were trained.")
            )
        if self.start is not None:
            return began_with_weights()
        if not self.knows_changes:
            return Message(
                N_(
                    "The file does not say whether the learning rate or gradient clipping was "
                    "changed during the run, so no script can be sure to take its steps again."
                )
            )
        model = RecurrentModel(
            self.config, input_size=self.input_size, output_size=self.output_size
        )
        if self.snapshot.trained != tuple(each.requires_grad for each in model.parameters()):
            return Message(
                N_("Some weights of the run were fixed, which its settings alone do not tell.")
            )
        return None

    @property
    def knows_changes(self) -> bool:
        """Whether the history tells every setting that was changed, from step 0 to the snapshot."""
        rates = self.history.rates if self.history is not None else {}
        clips = self.history.clips if self.history is not None else None
        return (
            self.snapshot is not None
            and 0 in rates
            and rates[max(rates)] == self.snapshot.lr
            and clips is not None
            and 0 in clips
            and clips[max(clips)] == self.config.clip_norm
        )

    def trainer(
        self, config: RunConfig | None = None, *, task: Task | None = None, engine: str = "auto"
    ) -> Trainer:
        """A run that goes on from here.

        With a snapshot and the checkpoint's own config, its next step is the step that was held,
        bit for bit, by the same engine, versions and task. Weights from elsewhere begin at step 0
        with a fresh optimizer.

        Args:
            config: other settings of data and training; None for the checkpoint's own.
            task: as in `Trainer`.
            engine: as in `Trainer`.

        Raises:
            ValueError: when the network does not fit the task or the config.
        """
        own = config is None or config == self.config
        trainer = Trainer(config or self.config, task=task, dtype=self.dtype, engine=engine)
        for name, here, there in (
            ("input_size", trainer.task.input_size, self.input_size),
            ("output_size", trainer.task.output_size, self.output_size),
        ):
            if here != there:
                raise InvalidValue(
                    N_(
                        "The network has {name} {there}, the task needs {here}. Choose a task or "
                        "columns that match."
                    ),
                    name=name,
                    there=there,
                    here=here,
                )
        if self.snapshot is not None and own:
            trainer.restore(self.snapshot)
            return trainer
        different = different_shape(dict(trainer.model.named_parameters()), self.weights)
        if different:
            raise InvalidValue(
                N_(
                    "{name} has shape {found} in the file, the settings need {expected}. Choose "
                    "the file's cell, hidden_size and num_layers."
                ),
                **different._asdict(),
            )
        set_weights(trainer, self.weights)
        return trainer


def began_with_weights() -> Message:
    """Why a run has no script that began with weights from a file."""
    return Message(N_("The run began with weights from a file, which no script can draw again."))


def set_weights(trainer: Trainer, weights: Mapping[str, Tensor]) -> None:
    """Give a trainer that has not begun these weights.

    Args:
        trainer: at step 0.
        weights: by the names of its model's parameters, in their shapes.

    Raises:
        TypeError: when the weights are not tensors by name.
        ValueError: when their names or shapes are others than the model's.
    """
    _require_trainer(trainer)
    _require_tensors("weights", weights)
    require_shapes(dict(trainer.model.named_parameters()), weights)
    with torch.no_grad():
        for name, parameter in trainer.model.named_parameters():
            parameter.copy_(weights[name])


def _require_trainer(trainer: Trainer) -> None:
    require("trainer", trainer, Trainer, "a Trainer", "Trainer(RunConfig())")


def _require_tensors(name: str, weights: Mapping[str, Tensor]) -> None:
    hint = "dict(trainer.model.named_parameters())"
    require(name, weights, Mapping, "tensors by name", hint)
    for key, each in weights.items():
        require(f"each name in {name}", key, str, "a text", hint)
        require(f"{key} in {name}", each, Tensor, "a tensor", hint)


def save_checkpoint(
    trainer: Trainer,
    *,
    history: RunHistory | None = None,
    start: Mapping[str, Tensor] | None = None,
    stopping: StoppingMemory | None = None,
    best: Snapshot | None = None,
) -> bytes:
    """A run as a file, while a step is held. Asking changes nothing that follows.

    Args:
        trainer: the run.
        history: its losses so far.
        start: the parameters that it began with, where its seed did not decide them.
        stopping: where early stopping stands; None without.
        best: the run at the best step so far, where that is not the one that is held.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: before the first step.
    """
    from safetensors.torch import save

    _require_trainer(trainer)
    for name, given, kind in (
        ("history", history, RunHistory),
        ("stopping", stopping, StoppingMemory),
        ("best", best, Snapshot),
    ):
        if given is not None:
            require(name, given, kind, f"None or a {kind.__name__}", "None")
    if start is not None:
        _require_tensors("start", start)
    snapshot = trainer.snapshot()
    parameters = dict(trainer.model.named_parameters())
    tensors = _of_snapshot(snapshot, parameters)
    if best is not None:
        tensors |= {f"{_BEST}{n}": each for n, each in _of_snapshot(best, parameters).items()}
    if history is not None:
        tensors |= _of_history(history)
    if start is not None:
        tensors |= {f"{_START}{name}": each for name, each in start.items()}
    series = getattr(trainer.task, "series", None)
    metadata = {
        "format": _FORMAT,
        "rnn_core": __version__,
        "torch": str(torch.__version__),
        "config": json.dumps(snapshot.config.to_dict()),
        "engine": trainer.engine,
        "step": str(snapshot.index),
        "loss": snapshot.loss.hex(),
        "lr": snapshot.lr.hex(),
        "trained": json.dumps(snapshot.trained),
        "task": snapshot.task,
        "series": series.digest if series is not None else "",
        "series_name": series.name if series is not None else "",
        **_plan(trainer.task),
        **_scaling(trainer.task),
        **_trained_series(trainer.task),
        **_early_stopping(stopping, best),
    }
    return save({name: each.contiguous().clone() for name, each in tensors.items()}, metadata)


def _of_snapshot(
    snapshot: Snapshot, parameters: Mapping[str, torch.nn.Parameter]
) -> dict[str, Tensor]:
    """The tensors of a snapshot, its weights under the names of the parameters."""
    views = views_of(snapshot.weights, list(parameters.values()))
    tensors = dict(zip(parameters, views, strict=True))
    for place, values in snapshot.optimizer["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{_OPTIMIZER}{place}.{name}"] = value
    if snapshot.state is not None:
        tensors |= {f"{_STATE}{n}": part for n, part in enumerate(unpack(snapshot.state))}
    return tensors


def _early_stopping(stopping: StoppingMemory | None, best: Snapshot | None) -> dict[str, str]:
    """Where early stopping stands, as text."""
    found: dict[str, str] = {}
    if stopping is not None:
        found["early_stopping"] = json.dumps(
            asdict(stopping) | {"best_loss": stopping.best_loss.hex()}
        )
    if best is not None:
        found |= {"best_loss": best.loss.hex(), "best_lr": best.lr.hex()}
    return found


def save_weights(trainer: Trainer) -> bytes:
    """The weights alone, in PyTorch's names, with settings and scaling in the metadata.

    `load_checkpoint` opens them as weights that begin a run of their own, with these settings.

    Raises:
        TypeError: when it is not a trainer.
    """
    _require_trainer(trainer)
    from safetensors.torch import save

    tensors = {
        name: each.detach().contiguous().clone() for name, each in trainer.model.named_parameters()
    }
    return save(tensors, network_metadata(trainer))


def network_metadata(trainer: Trainer) -> dict[str, str]:
    """What a file says of a network that leaves without its run: settings, columns, scaling."""
    return {
        "rnn_core": __version__,
        "config": json.dumps(trainer.config.to_dict()),
        **_plan(trainer.task),
        **_scaling(trainer.task),
    }


def _scaling(task: Task) -> dict[str, str]:
    """How the numbers of a series were standardised, for those who load the weights elsewhere."""
    if task.units is None:
        return {}
    scalings = {"input_scaling": task.units.inputs, "target_scaling": task.units.targets}
    return {
        name: json.dumps({"mean": list(scaling.mean), "std": list(scaling.std)})
        for name, scaling in scalings.items()
    }


def _plan(task: Task) -> dict[str, str]:
    """How a series was used, without which its file does not tell what the run read."""
    plan = getattr(task, "plan", None)
    return {"plan": json.dumps(asdict(plan))} if isinstance(plan, SeriesPlan) else {}


def _trained_series(task: Task) -> dict[str, str]:
    """What it takes to score other rows of the columns of a series; nothing where it cannot be had.

    Without statsmodels nothing can be fitted, and numbers beyond all bounds give fits that are not
    finite. The run is saved all the same.
    """
    if not isinstance(task, SeriesTask):
        return {}
    try:
        found = {_SERIES: task.trained_series.to_json()}
        _of_series(_scaling(task) | found, task.plan, task.input_size, task.output_size)
    except (ModuleNotFoundError, ArithmeticError, LookupError, TypeError, ValueError):
        return {}
    return found


def _of_series(
    metadata: Mapping[str, str], plan: SeriesPlan | None, inputs: int, targets: int
) -> TrainedSeries | None:
    """What a file keeps of a series, checked; None where it keeps nothing.

    Args:
        metadata: of the file.
        plan: how the series was used.
        inputs: features that the network reads.
        targets: numbers that it gives.
    """
    if plan is None or _SERIES not in metadata:
        return None
    scalings = []
    for name, count in (("input_scaling", inputs), ("target_scaling", targets)):
        found = json.loads(metadata[name])
        mean, std = (np.array(found[each], np.float64) for each in ("mean", "std"))
        fits = mean.shape == std.shape == (count,) and np.isfinite([mean, std]).all()
        if not fits or not (std > 0).all():
            raise InvalidValue(N_("{name} does not fit the network"), name=name)
        scalings.append(Scaling(mean, std))
    try:
        return TrainedSeries.from_json(metadata[_SERIES], *scalings)
    except (LookupError, TypeError, ValueError):
        raise InvalidValue(N_("what it keeps of its series does not fit the network")) from None


def load_checkpoint(data: bytes) -> Checkpoint:
    """Read a file that `save_checkpoint` wrote, or weights of ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``
    with a linear readout, trained anywhere.

    Of weights from elsewhere the cell, the sizes and the number of layers follow from the shapes.
    One matrix may be an RNN's with tanh or ReLU; it is taken as tanh. Absent biases are zeros.

    Args:
        data: the file's bytes.

    Raises:
        TypeError: when it is not bytes.
        ValueError: with a sentence on what is wrong, whatever the bytes are.

    Example:
        >>> trainer = Trainer(RunConfig(cell="gru"))
        >>> taken = trainer.advance(10)
        >>> load_checkpoint(save_checkpoint(trainer)).config.cell
        'gru'
    """
    tensors, metadata = _read(file_bytes(data))
    if "rnn_core" in metadata and "config" in metadata:
        try:
            is_run = metadata.get("format") in _FORMATS
            return _own(tensors, metadata) if is_run else _own_weights(tensors, metadata)
        except (
            LookupError,
            AttributeError,
            TypeError,
            RuntimeError,
            ValueError,
            ArithmeticError,
        ) as error:
            raise InvalidValue(
                N_("The file is damaged: {reason}. Save the run again."),
                reason=getattr(error, "message", str(error)),
            ) from None
    foreign = read_foreign(tensors)
    return Checkpoint(
        config=foreign.config,
        weights=foreign.weights,
        snapshot=None,
        input_size=foreign.input_size,
        output_size=foreign.output_size,
    )


def _read(data: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    if len(data) > LARGEST:
        raise InvalidValue(
            N_("The file has {size:.0f} MB, more than {largest:.0f} MB. Save the weights alone."),
            size=len(data) / 1e6,
            largest=LARGEST / 1e6,
        )
    try:
        tensors = load(data)
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
    except (SafetensorError, ValueError, KeyError, RuntimeError, RecursionError):
        # Only now: a header of 1,408 bytes begins with two bytes that a pickle may begin with.
        if data[:2] in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05"):
            raise InvalidValue(
                N_(
                    "The file is a pickle, which may run any program when it is opened. Save it "
                    "with safetensors.torch.save_file(model.state_dict(), name)."
                )
            ) from None
        raise InvalidValue(
            N_("The file is no safetensors file. Try safetensors.torch.save_file.")
        ) from None
    metadata = header.get("__metadata__") or {}
    return tensors, {str(name): str(text) for name, text in metadata.items()}


def _own(tensors: dict[str, Tensor], metadata: dict[str, str]) -> Checkpoint:
    """The checkpoint of a run."""
    config = RunConfig.from_dict(json.loads(metadata["config"]))
    extra = (_OPTIMIZER, _STATE, _HISTORY, _HELD_OUT, _RATES, _CLIPS, _START, _BEST)
    weights = {name: each for name, each in tensors.items() if not name.startswith(extra)}
    model, parameters = _model(weights, config)
    trained = json.loads(metadata["trained"])
    if not isinstance(trained, list) or len(trained) != len(parameters):
        raise InvalidValue(N_("it lists other parameters than it has"))
    for parameter, is_trained in zip(parameters.values(), trained, strict=True):
        parameter.requires_grad_(bool(is_trained))
    step = _STEP.check("step", int(metadata["step"]), 0)

    def snapshot_of(tensors: Mapping[str, Tensor], index: int, loss: str, lr: str) -> Snapshot:
        optimizer = _optimizer(tensors, model, config)
        rate = SETTINGS["lr"].check(float.fromhex(lr))
        for group in optimizer["param_groups"]:
            group["lr"] = rate
        return Snapshot(
            index=index,
            loss=float.fromhex(loss),
            lr=rate,
            trained=tuple(bool(each) for each in trained),
            weights=torch.cat([tensors[name].reshape(-1) for name in parameters]),
            optimizer=optimizer,
            state=_state(tensors, model, config),
            config=config,
            task=metadata["task"],
        )

    snapshot = snapshot_of(tensors, step, metadata["loss"], metadata["lr"])
    stopping, best = _stopping(metadata, step), None
    of_best = {
        name.removeprefix(_BEST): each for name, each in tensors.items() if name.startswith(_BEST)
    }
    if of_best:
        if stopping is None or stopping.best_step is None:
            raise InvalidValue(N_("{name} does not fit the history"), name=_BEST)
        best_weights = {name: each for name, each in of_best.items() if not name.startswith(extra)}
        require_shapes(parameters, best_weights)
        require_finite(best_weights)
        of_best |= {name: each.to(snapshot.weights.dtype) for name, each in best_weights.items()}
        best = snapshot_of(of_best, stopping.best_step, metadata["best_loss"], metadata["best_lr"])
    plan = SeriesPlan(**json.loads(metadata["plan"])) if "plan" in metadata else None
    sizes = model.rnn.input_size, model.out.out_features
    return Checkpoint(
        config=config,
        weights=MappingProxyType({name: weights[name] for name in parameters}),
        snapshot=snapshot,
        input_size=sizes[0],
        output_size=sizes[1],
        engine=metadata["engine"] if metadata["engine"] in ("torch", "compiled") else "auto",
        version=metadata["rnn_core"],
        digest=metadata.get("series", ""),
        series_name=metadata.get("series_name", "")[:_LONGEST_NAME],
        plan=plan,
        trained_series=_of_series(metadata, plan, *sizes),
        history=_history(tensors, step),
        start=_start(tensors, parameters),
        stopping=stopping,
        best=best,
    )


def _stopping(metadata: Mapping[str, str], last: int) -> StoppingMemory | None:
    """Where early stopping stood, checked; None where the file does not tell.

    Args:
        metadata: of the file.
        last: the step that it holds.
    """
    if "early_stopping" not in metadata:
        return None
    found = json.loads(metadata["early_stopping"])
    memory = StoppingMemory(**found | {"best_loss": float.fromhex(found["best_loss"])})
    if memory.last_step > last:
        raise InvalidValue(N_("{name} does not fit the history"), name="early_stopping")
    return memory


def _own_weights(tensors: dict[str, Tensor], metadata: dict[str, str]) -> Checkpoint:
    """The weights of a run, without what it takes to go on."""
    config = RunConfig.from_dict(json.loads(metadata["config"]))
    model, parameters = _model(tensors, config)
    return Checkpoint(
        config=config,
        weights=MappingProxyType({name: tensors[name] for name in parameters}),
        snapshot=None,
        input_size=model.rnn.input_size,
        output_size=model.out.out_features,
        version=metadata["rnn_core"],
    )


def _model(
    weights: dict[str, Tensor], config: RunConfig
) -> tuple[RecurrentModel, dict[str, torch.nn.Parameter]]:
    """A network of these settings that the weights fit, untrained, and its parameters by name."""
    out = weights["out.weight"]
    if out.dtype not in NUMPY_DTYPES:
        raise InvalidValue(N_("weights of {dtype}"), dtype=str(out.dtype))
    model = RecurrentModel(
        config, input_size=_input_size(weights, config), output_size=len(out), dtype=out.dtype
    )
    parameters = dict(model.named_parameters())
    require_shapes(parameters, weights)
    require_finite(weights)
    return model, parameters


def _of_history(history: RunHistory) -> dict[str, Tensor]:
    """The tensors of a history."""
    arrays = {
        f"{_HISTORY}step": history.step,
        f"{_HISTORY}loss": history.loss,
        f"{_HISTORY}grad_norm": history.grad_norm,
        f"{_HELD_OUT}step": history.held_out_step,
        f"{_HELD_OUT}loss": history.held_out,
        f"{_RATES}step": history.lr_step,
        f"{_RATES}lr": history.lr,
    }
    if history.clip_step is not None and history.clip_norm is not None:
        arrays |= {f"{_CLIPS}step": history.clip_step, f"{_CLIPS}clip_norm": history.clip_norm}
    return {name: torch.from_numpy(np.array(each)) for name, each in arrays.items()}


def _history(tensors: Mapping[str, Tensor], last: int) -> RunHistory | None:
    """The losses in a file, checked; None where it has none.

    Args:
        tensors: of the file.
        last: the step that it holds.
    """
    if not any(name.startswith((_HISTORY, _HELD_OUT, _RATES)) for name in tensors):
        return None
    columns = {
        f"{_HISTORY}step": (torch.int64, ()),
        f"{_HISTORY}loss": (torch.float64, ()),
        f"{_HISTORY}grad_norm": (torch.float64, ()),
        f"{_HELD_OUT}step": (torch.int64, ()),
        f"{_HELD_OUT}loss": (torch.float64, (3,)),
        f"{_RATES}step": (torch.int64, ()),
        f"{_RATES}lr": (torch.float64, ()),
    }
    if any(name.startswith(_CLIPS) for name in tensors):  # from format 2 on
        columns |= {f"{_CLIPS}step": (torch.int64, ()), f"{_CLIPS}clip_norm": (torch.float64, ())}
    possible: dict[str, Callable[[Tensor], Tensor]] = {
        f"{_HISTORY}loss": torch.isfinite,
        f"{_RATES}lr": torch.isfinite,
        f"{_CLIPS}clip_norm": lambda norm: norm > 0,  # inf where nothing was clipped
    }
    arrays = []
    for name, (dtype, row) in columns.items():
        length = len(tensors[f"{name.split('.')[0]}.step"].reshape(-1))
        each = tensors[name]
        if length > MOST_LOSSES:
            raise InvalidValue(N_("{name} does not fit the history"), name=name)
        if each.dtype != dtype or each.shape != (length, *row):
            raise InvalidValue(N_("{name} does not fit the history"), name=name)
        if dtype == torch.int64:
            rising = bool((each.diff() > 0).all())
            if not rising or (length and not 0 <= int(each[0]) <= int(each[-1]) <= last):
                raise InvalidValue(N_("{name} does not fit the history"), name=name)
        elif name in possible and not bool(possible[name](each).all()):
            raise InvalidValue(N_("{name} does not fit the history"), name=name)
        arrays.append(each.numpy())
    return RunHistory(*arrays)


def _start(
    tensors: Mapping[str, Tensor], parameters: Mapping[str, Tensor]
) -> Mapping[str, Tensor] | None:
    """The parameters that the run began with; None where its seed decided them."""
    start = {
        name.removeprefix(_START): each for name, each in tensors.items() if name.startswith(_START)
    }
    if not start:
        return None
    require_shapes(parameters, start)
    require_finite(start)
    return MappingProxyType({name: start[name].to(parameters[name].dtype) for name in parameters})


def _optimizer(
    tensors: Mapping[str, Tensor], model: RecurrentModel, config: RunConfig
) -> dict[str, Any]:
    """PyTorch's state of the optimizer, checked against one that has taken a step."""
    parameters = trainable(model)
    fresh = OPTIMIZERS[config.optimizer].build(parameters, config)
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    fresh.step()
    found: dict[str, Any] = fresh.state_dict()
    expected = {
        f"{_OPTIMIZER}{place}.{name}": value
        for place, values in found["state"].items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }
    given = {name: each for name, each in tensors.items() if name.startswith(_OPTIMIZER)}
    if not given:  # the first step is still held
        found["state"] = {}
        return found
    for name in sorted({*expected, *given}):
        here, there = expected.get(name), given.get(name)
        if here is None or there is None or (here.shape, here.dtype) != (there.shape, there.dtype):
            raise InvalidValue(N_("{name} does not fit the optimizer"), name=name)
        _kind, place, key = name.split(".", 2)
        found["state"][int(place)][key] = there
    return found


def _state(tensors: Mapping[str, Tensor], model: RecurrentModel, config: RunConfig) -> State | None:
    """The state that the window of the held step starts from."""
    count = sum(name.startswith(_STATE) for name in tensors)
    if not count:
        return None
    shape = config.num_layers, config.batch_size, config.hidden_size
    parts = [tensors[f"{_STATE}{n}"] for n in range(count)]
    expected = len(model.cell.state_parts)
    if count != expected or any(
        (part.shape, part.dtype) != (shape, model.out.weight.dtype) for part in parts
    ):
        raise InvalidValue(N_("its hidden state does not fit the network"))
    return pack(parts)


def _input_size(weights: Mapping[str, Tensor], config: RunConfig) -> int:
    """Features that the first layer reads."""
    first = [each for name, each in weights.items() if re.fullmatch(r"rnn\.weight_ih?_l0", name)]
    matrix = first[0] if first else next(e for n, e in weights.items() if n.startswith("rnn."))
    return int(matrix.shape[1])
