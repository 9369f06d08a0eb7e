"""The held-out losses of many networks, evaluated one after another while training goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnn_core.arguments import refused_value, require, whole
from rnn_core.engines import KINDS
from rnn_core.engines.base import views_of
from rnn_core.models import RecurrentModel, State
from rnn_core.training.evaluation import Evaluation, evaluate_model
from rnn_core.training.replicas import Replicas
from rnn_core.training.snapshots import copied, flat
from rnn_core.training.verdict import judge


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Held-out losses of a comparison's networks, C contenders with S seeds each.

    Args:
        step: the step whose weights were evaluated.
        losses: held-out loss of each network, shape ``(C, S)``; inf where it has diverged.
        online: `Comparison.online` at that step, shape ``(C, S)``.
        evaluations: of each network, C rows of S; None where it has diverged.
    """

    step: int
    losses: NDArray[np.float64]
    online: NDArray[np.float64]
    evaluations: tuple[tuple[Evaluation | None, ...], ...]

    @property
    def follows_signal(self) -> NDArray[np.bool_]:
        """Whose weights follow the signal, as `judge` decides, shape ``(C, S)``."""
        return np.array(
            [
                [
                    each is not None and judge(each, (), online=float(online)).follows_signal
                    for each, online in zip(evaluations, losses, strict=True)
                ]
                for evaluations, losses in zip(self.evaluations, self.online, strict=True)
            ]
        )


class FrozenNetworks:
    """A copy of all weights and states at one step, to be evaluated network by network.

    The runs may be trained on meanwhile: neither affects the other.

    Args:
        replicas: C · S runs, contender by contender, while a step is held or before the first.
        online: as in `HeldOut`; its shape says how many contenders and seeds there are.
        step: the step that is held; 0 before the first.
        windows: as in `evaluate`.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when ``online`` has another number of losses than there are runs.
    """

    def __init__(
        self,
        replicas: Replicas,
        online: NDArray[np.float64],
        step: int,
        windows: int | None = None,
    ) -> None:
        require("replicas", replicas, Replicas, "Replicas", "those of a Comparison")
        require("online", online, np.ndarray, "an array (C, S)", "that of a Comparison")
        if online.ndim != 2 or online.size != len(replicas):
            rule = f"an array (C, S) of {len(replicas)} numbers"
            raise refused_value("online", rule, online, "that of a Comparison")
        if windows is not None:
            whole("windows", windows, 100, low=2, high=100_000)
        self.step = whole("step", step, 0, high=2**53)
        self._configs, self._task, self._dtype = replicas.configs, replicas.task, replicas.dtype
        self._online, self._windows = online.copy(), windows
        self._engines, self._alive = replicas.engines, replicas.alive
        self._weights: list[Tensor] = []
        self._states: list[State | None] = []
        for n, model in enumerate(replicas.models):
            self._weights.append(flat(list(model.parameters())))
            self._states.append(copied(replicas.state(n).state))
        self._evaluations: list[Evaluation | None] = []

    @property
    def evaluated(self) -> int:
        """How many networks have been evaluated."""
        return len(self._evaluations)

    @property
    def done(self) -> bool:
        """Whether all have."""
        return self.evaluated == len(self._configs)

    def evaluate_next(self) -> None:
        """Evaluate one more network, as `evaluate` does that of a `Trainer`."""
        n = self.evaluated
        config, model = self._configs[n], self._model(n)
        self._evaluations.append(
            evaluate_model(
                model,
                self._task,
                start=self.step,
                windows=self._windows,
                state=self._states[n],
                carries_state=config.carry_state and self._task.streaming,
                predict=KINDS[self._engines[n]].predictor(model),
            )
            if self._alive[n]
            else None
        )

    def result(self) -> HeldOut:
        """The held-out losses; networks that have not been evaluated yet are evaluated first."""
        while not self.done:
            self.evaluate_next()
        contenders, seeds = self._online.shape
        means = np.array([each.mean if each else np.inf for each in self._evaluations], float)
        return HeldOut(
            step=self.step,
            losses=np.where(np.isfinite(means), means, np.inf).reshape(contenders, seeds),
            online=self._online,
            evaluations=tuple(
                tuple(self._evaluations[row * seeds : (row + 1) * seeds])
                for row in range(contenders)
            ),
        )

    def _model(self, n: int) -> RecurrentModel:
        """A network with the weights of then."""
        with torch.inference_mode(False), torch.no_grad():
            model = RecurrentModel(
                self._configs[n],
                input_size=self._task.input_size,
                output_size=self._task.output_size,
                dtype=self._dtype,
            )
            parameters = list(model.parameters())
            for parameter, view in zip(
                parameters, views_of(self._weights[n], parameters), strict=True
            ):
                parameter.copy_(view)
        return model
