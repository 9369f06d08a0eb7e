"""The kinds of engine, which of them trains a run and why, and getting the compiled one ready."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from time import sleep
from types import MappingProxyType

import numpy as np
import torch

from rnn_core.config import RunConfig
from rnn_core.engines.base import Engine, EngineKind, Predict, TrainingState, trainable
from rnn_core.engines.kept_kernels import compile_elsewhere
from rnn_core.engines.torch_engine import TorchEngine, predict
from rnn_core.messages import N_, InvalidValue, Message, unknown_choice
from rnn_core.models import RecurrentModel
from rnn_core.registry import CELLS, OPTIMIZERS
from rnn_core.tasks import Batch

ENGINES = ("auto", "torch", "compiled")

_log = logging.getLogger(__name__)
_ready = threading.Event()
_failed = threading.Event()
_started = threading.Lock()
_thread: threading.Thread | None = None


class TorchKind:
    """PyTorch itself, which trains every run."""

    name = "torch"

    def supports(self, config: RunConfig, dtype: torch.dtype) -> Message | None:
        """None."""
        return None

    def build(self, run: TrainingState) -> Engine:
        """An engine that continues a run."""
        return TorchEngine(run)

    def predictor(self, model: RecurrentModel) -> Predict:
        """Predictions of a network without a run."""
        return partial(predict, model)


class CompiledKind:
    """The compiled kernels."""

    name = "compiled"

    def supports(self, config: RunConfig, dtype: torch.dtype) -> Message | None:
        """Why the kernels cannot train a run; None when they can."""
        if CELLS[config.cell].kernel is None:
            return Message(
                N_("the compiled engine has no kernel for cell {cell!r}"), {"cell": config.cell}
            )
        if OPTIMIZERS[config.optimizer].kernel is None:
            return Message(
                N_("the compiled engine has no kernel for optimizer {optimizer!r}"),
                {"optimizer": config.optimizer},
            )
        if dtype not in (torch.float32, torch.float64):
            return Message(
                N_("the compiled engine computes in float32 and float64 only, not in {dtype}"),
                {"dtype": dtype},
            )
        if find_spec("numba") is None:
            return Message(N_("the compiled engine needs Numba, which is not installed"))
        return None

    def build(self, run: TrainingState) -> Engine:
        """An engine that continues a run."""
        # Numba takes half a second to import: only users of the kernels wait for it.
        from rnn_core.engines.compiled_engine import CompiledEngine

        return CompiledEngine(run)

    def predictor(self, model: RecurrentModel) -> Predict:
        """Predictions of a network without a run."""
        from rnn_core.engines.compiled_engine import flat_predictor

        return flat_predictor(model)


#: The engines by name.
KINDS: Mapping[str, EngineKind] = MappingProxyType(
    {kind.name: kind for kind in (TorchKind(), CompiledKind())}
)


def prepare_compiled(wait: float = 0.0, *, elsewhere: bool = False) -> threading.Thread:
    """Begin to load or compile the kernels in the background, once per process.

    Args:
        wait: seconds before it begins, for a program that has something more urgent to do first.
        elsewhere: have another process compile what is not kept on disk yet. This one then neither
            shares its interpreter with the compiler for half a minute nor holds its memory after.

    Returns:
        The thread that does it; join it to wait.
    """
    global _thread
    if elsewhere:
        compile_elsewhere()
    with _started:
        if _thread is None:
            _thread = threading.Thread(
                target=_compile, args=(wait,), name="compile kernels", daemon=True
            )
            _thread.start()
        return _thread


def choose_engine(name: str, config: RunConfig, dtype: torch.dtype) -> str:
    """The engine that trains a run: ``"auto"`` stands for the fastest that is ready now.

    Args:
        name: one of `ENGINES`.
        config: the settings of the run.
        dtype: of the weights.

    Raises:
        ValueError: when there is no such engine, or it cannot train the run.
    """
    if not isinstance(name, str) or name not in ENGINES:
        raise unknown_choice("engine", name, ENGINES)
    if name == "auto":
        return "torch" if why_torch(config, dtype) else "compiled"
    reason = KINDS[name].supports(config, dtype)
    if reason is not None:
        raise InvalidValue(
            N_("engine must be 'torch' or 'auto', since {reason}, got {name!r}. Try 'auto'."),
            reason=reason,
            name=name,
        )
    return name


def why_torch(config: RunConfig, dtype: torch.dtype) -> Message | None:
    """Why ``"auto"`` stands for PyTorch now; None when it stands for the compiled engine.

    Args: as in `choose_engine`.
    """
    prepare_compiled()
    reason = KINDS["compiled"].supports(config, dtype)
    if reason is not None:
        return reason
    if dtype != torch.float32:
        return Message(N_("checks in float64 are computed by the reference"))
    if config.batch_size * config.hidden_size**2 > CELLS[config.cell].max_products:
        return Message(N_("PyTorch is faster for a network and a batch of this size"))
    if _failed.is_set():
        return Message(N_("the compiled engine could not be loaded; the log says why"))
    if not _ready.is_set():
        return Message(N_("the compiled engine is still being prepared"))
    return None


def build_engine(name: str, run: TrainingState) -> Engine:
    """The engine of this name, continuing a run."""
    return KINDS[name].build(run)


def _compile(wait: float) -> None:
    """One step of the smallest run compiles or loads all that any run needs."""
    sleep(wait)
    try:
        _take_one_step()
    except Exception:
        # Without Numba, or where it cannot compile, PyTorch does all the work.
        _log.warning("The compiled engine is not available; PyTorch trains alone.", exc_info=True)
        _failed.set()
    else:
        _ready.set()


def _take_one_step() -> None:
    config = RunConfig(hidden_size=1, window_length=2)
    model = RecurrentModel(config)
    optimizer = OPTIMIZERS[config.optimizer].build(trainable(model), config)
    engine = build_engine(
        "compiled", TrainingState(config, model, optimizer, "mse", carry_state=True)
    )
    window = np.zeros((1, config.window_length, 1), np.float32)
    engine.advance(Batch(np.zeros((1, config.window_length)), window, window.copy()))
    engine.predict(window)
