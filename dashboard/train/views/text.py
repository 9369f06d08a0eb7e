"""What the views inside are called, how to read them, and the numbers in words."""

from __future__ import annotations

import numpy as np

from dashboard.app.language import gettext as _
from dashboard.train.views.base import (
    TOLERANCE,
    FreeLook,
    GatesLook,
    GradientLook,
    Look,
    MemoryLook,
    PhaseLook,
    SlowLook,
    SpectrumLook,
    UnrolledLook,
    WeightsLook,
)
from dashboard.train.views.unrolled.layout import MOST_STEPS, MOST_UNITS
from rnn_core import CELLS


def view_name(view: str) -> str:
    """As the choice of views lists it."""
    names = {
        "state": _("state"),
        "unrolled": _("unrolled"),
        "slow": _("slow motion"),
        "gates": _("gates"),
        "gradient": _("gradient"),
        "phase": _("phase"),
        "spectrum": _("spectrum"),
        "weights": _("weights"),
        "memory": _("memory"),
        "free": _("free run"),
    }
    return names[view]


def how_to_read(view: str) -> str:
    """How to read a view, and what is healthy."""
    sentences = {
        "unrolled": _(
            "The newest window as a chain: below the inputs, above them the cell at every time "
            "step with its units as stripes, then what it predicts (y) and what was wanted (y*). "
            "Blue is positive, orange negative. What comes from the left is the state carried "
            "over. Click on a unit of a cell, or choose time step and unit above, to open its "
            "formulas."
        ),
        "slow": _(
            "One update, phase by phase, on the unrolled window: what takes part is drawn "
            "strongly. Healthy: gradients that still reach the window's beginning, no clipping at "
            "every step, and changes of about a thousandth of the weights."
        ),
        "gates": _(
            "Blue is open, white is shut; candidates reach from -1 to 1. Healthy: gates that move "
            "with the signal, and some units whose forget gate (LSTM) or update gate (GRU) stays "
            "near 1, which is memory. All gates stuck at 0 or 1: nothing is learnt there."
        ),
        "gradient": _(
            "Left: how much the window's last loss depends on the states so many steps before. A "
            "straight fall is a gradient that vanishes, a rise one that explodes; healthy is a "
            "gentle slope. Training stops at the last point, the window's beginning. Middle: how "
            "much of the recurrent weights' gradient comes through so many steps; lags that work "
            "against the whole have negative shares. Right: the stronger the blue, the more a "
            "prediction (row) depends on an input (column); relative to the strongest."
        ),
        "phase": _(
            "The state's way through the plane in which it varies most, over the windows in view, "
            "the newest strongest. A closed loop is a rhythm that it keeps. While training rests, "
            "points at which it would stay with an input of zero are marked: it falls into stable "
            "ones, and leaves saddles along a few directions."
        ),
        "spectrum": _(
            "Each point tells how one direction of the state is turned and stretched by a time "
            "step. Near the unit circle it is kept, inside it fades, outside it grows. Healthy for "
            "memory: a few points near the circle, none far outside."
        ),
        "weights": _(
            "Left: the recurrent weights of the top layer, gates one below the other. Right: how "
            "the weights of every matrix are spread. Healthy: spreads that widen slowly; a ratio "
            "of update to weight around 0.001 a step."
        ),
        "memory": _(
            "The network, frozen, reads the next {windows} windows three times: with its state "
            "carried over their borders, reset to zero, and shuffled: replaced by the state of "
            "another window. If all three lie together, it does not use what it carries. Dashed: "
            "the floors."
        ),
        "free": _(
            "Before the shade the network hears the signal; in the shade it goes on alone, with "
            "its state never reset and nothing trained. Right: its error, as a share of the "
            "target's standard deviation; at 1 it knows no more than the mean. Healthy: an error "
            "that rises late and slowly; chaos forgives no error for long."
        ),
    }
    return sentences[view]


def numbers(look: Look) -> str:
    """The view's main numbers, in a sentence or two."""
    found = look.found
    if isinstance(found, UnrolledLook):
        return _unrolled(found)
    if isinstance(found, SlowLook):
        return _unrolled(found.window)
    if isinstance(found, GatesLook):
        return _gates(found)
    if isinstance(found, GradientLook):
        return _gradient(found)
    if isinstance(found, PhaseLook):
        return _phase(found)
    if isinstance(found, SpectrumLook):
        return _spectrum(found)
    if isinstance(found, WeightsLook):
        return _weights(found)
    if isinstance(found, FreeLook):
        return _free(found)
    assert isinstance(found, MemoryLook)
    return _memory(found)


def _unrolled(found: UnrolledLook) -> str:
    steps, units = len(found.unrolled.inputs), found.unrolled.h.shape[2]
    if steps <= MOST_STEPS and units <= MOST_UNITS:
        return ""
    return _(
        "Shown: the last {steps} of {all_steps} time steps, {units} of {all_units} units."
    ).format(
        steps=min(steps, MOST_STEPS),
        all_steps=steps,
        units=min(units, MOST_UNITS),
        all_units=units,
    )


def _gates(found: GatesLook) -> str:
    if found.gates is None:
        return _("This cell has no gates. Choose another **cell**, such as {cells}.").format(
            cells=", ".join(cell.title for cell in CELLS.values() if cell.gates)
        )
    gates = found.gates
    keeper = gates.cell.memory_gate
    if keeper is None or gates.half_life is None:
        return ""
    lives = gates.half_life[-1]
    return _(
        "Median half-life of what a unit holds: {median:.2g} time steps, the longest {most:.3g}. "
        "Gate {keeper} is open (above 0.9) {open:.0%} of the time and shut (below 0.1) {shut:.0%}."
    ).format(
        median=float(np.median(lives)),
        most=float(np.max(lives)),
        keeper=keeper,
        open=float(gates.open[keeper][-1].mean()),
        shut=float(gates.shut[keeper][-1].mean()),
    )


def _gradient(found: GradientLook) -> str:
    norms = found.by_lag.hidden[-1]
    first, last = float(norms[0]), float(norms[-1])
    if not (first > 0 and np.isfinite(last)):
        return _("The last time step's loss has no gradient.")
    return _(
        "Over {lags} steps back the gradient is multiplied by {factor:.2g}, on average by "
        "{each:.2g} a step."
    ).format(
        lags=len(norms) - 1,
        factor=last / first,
        each=(last / first) ** (1 / (len(norms) - 1)),
    )


def _phase(found: PhaseLook) -> str:
    said = _("The plane shows {share:.0%} of the state's variance.").format(
        share=float(found.plane.explained.sum())
    )
    if found.fixed is None:
        return said
    kinds = [kind for kind, is_fixed in zip(found.fixed.kinds, found.fixed.fixed, strict=True)]
    counts = {kind: kinds.count(kind) for kind in ("stable", "saddle", "unstable")}
    return (
        said
        + " "
        + _(
            "With an input of zero, fixed points: {stable} stable, {saddle} saddles, {unstable} "
            "unstable in every direction."
        ).format(**counts)
    )


def _spectrum(found: SpectrumLook) -> str:
    step = found.step
    return _(
        "Largest modulus of the last time step {radius:.3g}, largest stretch (singular value) "
        "{stretch:.3g}; along the window its fastest direction grows by {growth:.3g} nats a step "
        "(Lyapunov exponent over {steps} steps)."
    ).format(
        radius=float(step.radius[-1]),
        stretch=float(step.stretch[-1]),
        growth=float(found.growth.exponents[0]),
        steps=found.growth.steps,
    )


def _weights(found: WeightsLook) -> str:
    ratios = {
        name: weight.update_ratio / found.over
        for name, weight in found.weights.items()
        if "weight" in name and weight.update_ratio is not None and found.over
    }
    if not ratios:
        return _("Train a step to see how much it changes the weights.")
    listed = ", ".join(f"`{name}` {ratio:.2g}" for name, ratio in ratios.items())
    return _("Change per step, over the last {steps}, as a share of the weights: {listed}.").format(
        steps=found.over, listed=listed
    )


def _free(found: FreeLook) -> str:
    if found.run is None:
        return _(
            "Every window of this task is a sequence of its own: there is nothing to go on with. "
            "Choose a wave, a forecast or another endless signal as the **task**."
        )
    alone = len(found.targets) - found.warmup
    if not found.fed_back:
        before, after = found.run.error[: found.warmup], found.run.error[found.warmup :]
        return _(
            "Error while it heard what it knows {before:.0%} of the target's standard deviation, "
            "over the {steps} time steps after {after:.0%}."
        ).format(
            before=float(np.sqrt(np.mean(before**2))),
            after=float(np.sqrt(np.mean(after**2))),
            steps=alone,
        )
    if found.run.valid_steps == alone:
        return _(
            "Hearing only itself, it holds to the end, {steps} time steps: its error stays below "
            "{tolerance:.0%} of the target's standard deviation."
        ).format(steps=alone, tolerance=TOLERANCE)
    return _(
        "Hearing only itself, it holds for **{valid_steps} time steps**, {windows:.1f} windows: "
        "then its error exceeds {tolerance:.0%} of the target's standard deviation."
    ).format(
        valid_steps=found.run.valid_steps,
        windows=found.run.valid_steps / found.window_length,
        tolerance=TOLERANCE,
    )


def _memory(found: MemoryLook) -> str:
    ablation = found.ablation
    carried, reset, shuffled = (
        float(np.mean(losses)) for losses in (ablation.carried, ablation.reset, ablation.shuffled)
    )
    return _(
        "Mean loss: carried {carried:.3g}, reset {reset:.3g}, shuffled {shuffled:.3g}."
    ).format(carried=carried, reset=reset, shuffled=shuffled)
