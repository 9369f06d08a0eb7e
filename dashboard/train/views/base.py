"""Looks inside a run: which views there are, and what each has to show.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.diagnostics import (
    FixedPoints,
    FreeRun,
    Gates,
    LagGradient,
    LagShares,
    Lyapunov,
    Plane,
    Spectrum,
    StateAblation,
    Unrolled,
    Update,
    Weight,
)

#: The views, in the order in which they are offered.
VIEWS = (
    "state",
    "unrolled",
    "slow",
    "gates",
    "gradient",
    "phase",
    "spectrum",
    "weights",
    "memory",
    "free",
)
#: Views of a network at rest: nothing is looked at while it is trained.
AT_REST = frozenset({"slow"})
#: Views that take long at rest, up to a second: a hasty look can be shown first.
HEAVY = frozenset({"phase"})
#: Windows that memory is operated on.
WINDOWS_OPERATED_ON = 20
#: Relative error up to which a free run holds.
TOLERANCE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class UnrolledLook:
    """The whole window, time step by time step.

    Args:
        unrolled: states, gates and predictions.
        targets: shape ``(T, K)``.
        loss_mask: time steps at which an answer is wanted; None for all.
        symbols: whether inputs and answers stand for symbols.
    """

    unrolled: Unrolled
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None
    symbols: bool


@dataclass(frozen=True, slots=True, eq=False)
class SlowLook:
    """The update that comes next, phase by phase.

    Args:
        window: the window that it is made from.
        update: what each phase does.
        optimizer: its name.
    """

    window: UnrolledLook
    update: Update
    optimizer: str


@dataclass(frozen=True, slots=True, eq=False)
class GatesLook:
    """Gates of an LSTM or a GRU; None for a plain RNN."""

    gates: Gates | None


@dataclass(frozen=True, slots=True, eq=False)
class GradientLook:
    """The way of the loss back through the window, and what each prediction rests on."""

    by_lag: LagGradient
    shares: LagShares
    saliency: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PhaseLook:
    """The hidden states of the windows in view in a plane.

    Args:
        points: a window's states in the plane, oldest first, each ``(T, 2)``.
        plane: which plane.
        fixed: fixed and slow points with an input of zero; None while the network is trained, or
            where it is too large.
        fixed_at: where these lie in the plane, ``(N, 2)``.
    """

    points: tuple[NDArray[np.float64], ...]
    plane: Plane
    fixed: FixedPoints | None
    fixed_at: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumLook:
    """Eigenvalues of a time step and of the recurrent weights; growth along the window."""

    step: Spectrum
    weights: Mapping[str, Spectrum]
    growth: Lyapunov


@dataclass(frozen=True, slots=True, eq=False)
class WeightsLook:
    """Every parameter.

    Args:
        weights: by PyTorch's name.
        over: so many steps lie between the weights before and these.
    """

    weights: Mapping[str, Weight]
    over: int


@dataclass(frozen=True, slots=True, eq=False)
class MemoryLook:
    """What a state carried, reset and shuffled does to the loss."""

    ablation: StateAblation


@dataclass(frozen=True, slots=True)
class Probe:
    """What a visitor has a view try.

    Args:
        feed_back: in a free run, whether predictions are fed back where they can be.
        frequency: of the wave, from where the free run begins; None for as it was.
        amplitude: likewise.
    """

    feed_back: bool = True
    frequency: float | None = None
    amplitude: float | None = None


#: Nothing is tried but what every view begins with.
AS_IT_IS = Probe()


@dataclass(frozen=True, slots=True, eq=False)
class FreeLook:
    """The network alone: how it goes on after the windows that it has heard.

    Args:
        run: what it read and said; None where every window is a sequence of its own.
        targets: shape ``(N, K)``.
        warmup: time steps that it heard before.
        fed_back: whether it read its own predictions then.
        window_length: time steps of a window.
    """

    run: FreeRun | None
    targets: NDArray[np.floating]
    warmup: int
    fed_back: bool
    window_length: int


Found = (
    UnrolledLook
    | SlowLook
    | GatesLook
    | GradientLook
    | PhaseLook
    | SpectrumLook
    | WeightsLook
    | MemoryLook
    | FreeLook
)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one view shows.

    Args:
        view: which.
        step: the step it was taken at.
        found: what was computed.
    """

    view: str
    step: int
    found: Found
