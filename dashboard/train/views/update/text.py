"""What happens in each phase of an update, with the numbers of the moment in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dashboard.app.language import gettext as _
from dashboard.train.views.base import SlowLook
from dashboard.train.views.update.phases import Place

# Of a vector so many numbers are written out.
_MOST_NUMBERS = 3


def phase_name(phase: str) -> str:
    """As the choice of phases lists it."""
    names = {
        "forward": _("1 forward"),
        "loss": _("2 loss"),
        "back": _("3 back through time"),
        "clip": _("4 clip"),
        "update": _("5 update"),
        "carry": _("6 carry"),
    }
    return names[phase]


def explanation(found: SlowLook, place: Place) -> str:
    """The phase in a sentence or two."""
    update = found.update
    if place.phase == "clip" and update.clip_factor is None:
        return _(
            "The gradients of all time steps are added up, as they share their weights: altogether "
            "its norm is {norm:.3g}. Clipping is off, so it stays as it is, however long."
        ).format(norm=update.grad_norm)
    if place.phase == "clip" and update.clip_factor == 1.0:
        return _(
            "The gradients of all time steps are added up, as they share their weights: altogether "
            "its norm is {norm:.3g}. That is within the limit of clipping, so it stays as it is."
        ).format(norm=update.grad_norm)
    if place.phase == "carry" and update.handed_on is None:
        return _(
            "Nothing is handed on: the next window starts from zeros, and what was before it is "
            "forgotten."
        )
    sentences = {
        "forward": _(
            "The window is read from left to right: at each time step the cell makes a new state "
            "of the input and the state before, and the readout a prediction. Blue is positive, "
            "orange negative."
        ),
        "loss": _(
            "Every prediction is compared with its target; the bars are the losses of the time "
            "steps. Their mean is the loss, {loss:.4g}."
        ),
        "back": _(
            "From right to left the gradient says how the loss would change with each state: by "
            "the prediction of its own time step, and by all that came later. The colours are now "
            "gradients, relative to the strongest. It stops at the window's border."
        ),
        "clip": _(
            "The gradients of all time steps are added up, as they share their weights: altogether "
            "its norm is {norm:.3g}. That is above the limit of clipping, so it is multiplied by "
            "{factor:.3g}."
        ),
        "update": _(
            "The optimiser ({optimizer}, learning rate {lr:g}) makes a change of the gradient, the "
            "same for all time steps: every arrow of a kind stands for the same weights. They "
            "change by {share:.2%} of their norm."
        ),
        "carry": _(
            "The last state goes on, as mere numbers, to be the state that the next window starts "
            "from: so memory crosses the border, and gradients do not."
        ),
    }
    return sentences[place.phase].format(
        loss=update.loss,
        norm=update.grad_norm,
        factor=update.clip_factor,
        lr=update.lr,
        optimizer=found.optimizer,
        share=_whole("change", found) / max(_whole("weight", found), 1e-300),
    )


def formula(found: SlowLook, place: Place) -> str:
    """The phase at its time step, in LaTeX, with numbers; in lines that fit on a phone."""
    return r"\begin{aligned}" + r" \\[4pt] ".join(_lines(found, place)) + r"\end{aligned}"


def _lines(found: SlowLook, place: Place) -> list[str]:
    phase, step = place
    window, update = found.window, found.update
    prediction = _vector(window.unrolled.prediction[step - 1], window.symbols)
    if phase == "forward":
        cell = window.unrolled.cell.title
        return [
            rf"x_{{{step}}} &= {_vector(window.unrolled.inputs[step - 1], window.symbols)}",
            rf"h_{{{step}}} &= \text{{{cell}}}(x_{{{step}}}, h_{{{step - 1}}})",
            rf"y_{{{step}}} &= W h_{{{step}}} + b = {prediction}",
        ]
    if phase == "loss":
        mean = rf"\tfrac{{1}}{{{_counted(found)}}}\textstyle\sum_t L_t"
        return [_loss(found, step, prediction), rf"L &= {mean} = {update.loss:.4g}"]
    if phase == "back":
        own, whole = update.read[step - 1], update.hidden[-1, step]
        return [
            rf"\Bigl\|\frac{{\partial L}}{{\partial h_{{{step}}}}}\Bigr\| = "
            rf"\|\underbrace{{\text{{{_('own')}}}}}_{{{np.linalg.norm(own):.3g}}} + "
            rf"\underbrace{{\text{{{_('from later')}}}}}_{{{np.linalg.norm(whole - own):.3g}}}\|"
            rf" = {np.linalg.norm(whole):.3g}"
        ]
    if phase == "clip":
        factor = 1.0 if update.clip_factor is None else update.clip_factor
        return [
            rf"\|g\| = {update.grad_norm:.3g} \;\to\; {factor:.3g} \cdot {update.grad_norm:.3g}"
            rf" = {factor * update.grad_norm:.3g}"
        ]
    if phase == "update":
        return [
            r"W &\leftarrow W + \Delta W",
            rf"\|W\| &= {_whole('weight', found):.3g}",
            rf"\|\Delta W\| &= {_whole('change', found):.3g}",
        ]
    if update.handed_on is None:
        return [r"h_0 \leftarrow 0"]
    last = len(window.unrolled.inputs)
    norm = np.linalg.norm(update.handed_on[0][-1])
    return [rf"h_0 &\leftarrow h_{{{last}}}", rf"\|h_{{{last}}}\| &= {norm:.3g}"]


def parameters(found: SlowLook) -> Mapping[str, list[str | float]]:
    """A table of what the update does to each parameter, by column."""
    parts = found.update.parameters
    factor = 1.0 if found.update.clip_factor is None else found.update.clip_factor
    return {
        _("weights"): [name.removeprefix("rnn.") for name in parts],
        _("norm"): [part.weight for part in parts.values()],
        _("gradient"): [part.gradient for part in parts.values()],
        _("clipped"): [factor * part.gradient for part in parts.values()],
        _("change"): [part.change for part in parts.values()],
    }


def _loss(found: SlowLook, step: int, prediction: str) -> str:
    """The loss of one time step."""
    loss = found.update.losses[step - 1]
    if not np.isfinite(loss):
        return rf"\text{{{_('no answer is wanted at this time step')}}}"
    target = _vector(found.window.targets[step - 1], found.window.symbols)
    if found.window.symbols:
        return rf"L_{{{step}}} &= -\log p_{{{step}}}({target}) = {loss:.3g}"
    several = found.window.targets.shape[1]
    if several == 1:
        return rf"L_{{{step}}} &= ({prediction} - ({target}))^2 = {loss:.3g}"
    mean = rf"\tfrac{{1}}{{{several}}}\|y_{{{step}}} - y^*_{{{step}}}\|^2"
    return rf"L_{{{step}}} &= {mean} = {loss:.3g}"


def _counted(found: SlowLook) -> int:
    return int(np.isfinite(found.update.losses).sum())


def _vector(values: np.ndarray, symbols: bool) -> str:
    if symbols:
        return str(int(values.argmax()))
    if len(values) == 1:
        return f"{values[0]:.2f}"
    listed = ", ".join(f"{value:.2f}" for value in values[:_MOST_NUMBERS])
    return f"({listed}{', …' if len(values) > _MOST_NUMBERS else ''})"


def _whole(kind: str, found: SlowLook) -> float:
    """Norm of all parameters together."""
    parts = [getattr(part, kind) for part in found.update.parameters.values()]
    return float(np.linalg.norm(parts))
