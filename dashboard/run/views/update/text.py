"""What happens in each phase of an update, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dashboard.app.language import gettext as _
from dashboard.run.views.update.phases import Place
from dashboard.run.views.update.result import UpdateResult

# Numbers of a vector that are written out.
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


def explanation(result: UpdateResult, place: Place) -> str:
    """The phase in a sentence or two."""
    update = result.update
    if place.phase == "clip" and update.clip_factor is None:
        return _(
            "The gradients of all time steps are summed, because they share their weights. The "
            "sum has norm {norm:.3g}. Clipping is off, so it stays as it is."
        ).format(norm=update.grad_norm)
    if place.phase == "clip" and update.clip_factor == 1.0:
        return _(
            "The gradients of all time steps are summed, because they share their weights. The "
            "sum has norm {norm:.3g}. That is within the clipping limit, so it stays as it is."
        ).format(norm=update.grad_norm)
    if place.phase == "carry" and update.handed_on is None:
        return _("No state is carried over: the next window starts from zeros.")
    sentences = {
        "forward": _(
            "The window is read from left to right. At each time step the cell computes a new "
            "state from the input and the previous state, and the readout a prediction from it. "
            "Teal is positive, brown negative."
        ),
        "loss": _(
            "Each prediction is compared with its target; the bars are the losses of the time "
            "steps. Their mean is the loss, {loss:.4g}."
        ),
        "back": _(
            "From right to left, backpropagation computes how the loss changes with each state: "
            "through the prediction of its own time step, and through everything later. Colours "
            "are now gradients, relative to the strongest. It stops at the start of the window."
        ),
        "clip": _(
            "The gradients of all time steps are summed, because they share their weights. The "
            "sum has norm {norm:.3g}. That is above the clipping limit, so it is multiplied by "
            "{factor:.3g}."
        ),
        "update": _(
            "The optimizer ({optimizer}, learning rate {lr:g}) turns the gradient into a change of "
            "the weights. All time steps share them: every arrow of a kind stands for the same "
            "weights. They change by {share:.2%} of their norm."
        ),
        "carry": _(
            "The last state is carried over, detached from its gradient, and is where the next "
            "window starts from. Memory crosses the border, gradients do not."
        ),
    }
    return sentences[place.phase].format(
        loss=update.loss,
        norm=update.grad_norm,
        factor=update.clip_factor,
        lr=update.lr,
        optimizer=result.optimizer,
        share=_whole("change", result) / max(_whole("weight", result), 1e-300),
    )


def formula(result: UpdateResult, place: Place) -> str:
    """The phase at its time step, in LaTeX, with numbers; in lines that fit on a phone."""
    return r"\begin{aligned}" + r" \\[4pt] ".join(_lines(result, place)) + r"\end{aligned}"


def _lines(result: UpdateResult, place: Place) -> list[str]:
    phase, step = place
    window, update = result.window, result.update
    prediction = _vector(window.unrolled.prediction[step - 1], window.symbols)
    if phase == "forward":
        cell = window.unrolled.cell.title
        return [
            rf"x_{{{step}}} &= {_vector(window.unrolled.inputs[step - 1], window.symbols)}",
            rf"h_{{{step}}} &= \text{{{cell}}}(x_{{{step}}}, h_{{{step - 1}}})",
            rf"y_{{{step}}} &= W h_{{{step}}} + b = {prediction}",
        ]
    if phase == "loss":
        mean = rf"\tfrac{{1}}{{{_counted(result)}}}\textstyle\sum_t L_t"
        return [_loss(result, step, prediction), rf"L &= {mean} = {update.loss:.4g}"]
    if phase == "back":
        own, whole = update.read[step - 1], update.hidden[-1, step]
        # Outside of the formatted strings, inside which some versions of Python hide them from
        # those who look for texts to translate.
        name, later = _("own"), _("from later")
        return [
            rf"\Bigl\|\frac{{\partial L}}{{\partial h_{{{step}}}}}\Bigr\| = "
            rf"\|\underbrace{{\text{{{name}}}}}_{{{np.linalg.norm(own):.3g}}} + "
            rf"\underbrace{{\text{{{later}}}}}_{{{np.linalg.norm(whole - own):.3g}}}\|"
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
            rf"\|W\| &= {_whole('weight', result):.3g}",
            rf"\|\Delta W\| &= {_whole('change', result):.3g}",
        ]
    if update.handed_on is None:
        return [r"h_0 \leftarrow 0"]
    last = len(window.unrolled.inputs)
    norm = np.linalg.norm(update.handed_on[0][-1])
    return [rf"h_0 &\leftarrow h_{{{last}}}", rf"\|h_{{{last}}}\| &= {norm:.3g}"]


def parameters(result: UpdateResult) -> Mapping[str, list[str | float]]:
    """A table of what the update does to each parameter, by column."""
    parts = result.update.parameters
    factor = 1.0 if result.update.clip_factor is None else result.update.clip_factor
    return {
        _("weights"): [name.removeprefix("rnn.") for name in parts],
        _("norm"): [part.weight for part in parts.values()],
        _("gradient"): [part.gradient for part in parts.values()],
        _("clipped"): [factor * part.gradient for part in parts.values()],
        _("change"): [part.change for part in parts.values()],
    }


def _loss(result: UpdateResult, step: int, prediction: str) -> str:
    """The loss of one time step."""
    loss = result.update.losses[step - 1]
    if not np.isfinite(loss):
        nothing = _("no target at this time step")
        return rf"\text{{{nothing}}}"
    target = _vector(result.window.targets[step - 1], result.window.symbols)
    if result.window.symbols:
        return rf"L_{{{step}}} &= -\log p_{{{step}}}({target}) = {loss:.3g}"
    several = result.window.targets.shape[1]
    if several == 1:
        return rf"L_{{{step}}} &= ({prediction} - ({target}))^2 = {loss:.3g}"
    mean = rf"\tfrac{{1}}{{{several}}}\|y_{{{step}}} - y^*_{{{step}}}\|^2"
    return rf"L_{{{step}}} &= {mean} = {loss:.3g}"


def _counted(result: UpdateResult) -> int:
    return int(np.isfinite(result.update.losses).sum())


def _vector(values: np.ndarray, symbols: bool) -> str:
    if symbols:
        return str(int(values.argmax()))
    if len(values) == 1:
        return f"{values[0]:.2f}"
    listed = ", ".join(f"{value:.2f}" for value in values[:_MOST_NUMBERS])
    return f"({listed}{', …' if len(values) > _MOST_NUMBERS else ''})"


def _whole(kind: str, result: UpdateResult) -> float:
    """Norm of all parameters together."""
    parts = [getattr(part, kind) for part in result.update.parameters.values()]
    return float(np.linalg.norm(parts))
