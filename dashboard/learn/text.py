"""Sentences of the Learn page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dashboard.app.language import gettext as _
from dashboard.app.link import query, write_link
from dashboard.app.playback import ENDED
from dashboard.app.player import REDRAW_EVERY
from dashboard.app.settings import LANGUAGE, table_of
from dashboard.app.text import LOSS_FORMAT
from dashboard.learn.lesson import CodePlace, Lesson, Outcome, Picture, Variant, prose
from dashboard.learn.registry import LESSONS
from dashboard.learn.settings import SETTINGS
from dashboard.run.frame import Frame
from rnn_core.messages import Message, translate

# Reading a text with formulas; an exercise and its explanation, in minutes.
_WORDS_A_MINUTE, _EXERCISE = 150, 2
# Settings that a link to another page keeps.
_KEPT = {setting.name for setting in (*SETTINGS, LANGUAGE)}


def progress(frame: Frame, steps: int) -> str:
    """Where the run is, in one line.

    Args:
        frame: on screen.
        steps: the step at which the question is decided.
    """
    line = (
        _("Step {step} of {steps}").format(step=frame.step.index, steps=steps)
        if frame.step.index < steps
        else _("Step {step}").format(step=frame.step.index)
    )
    line += " · " + _("online loss {loss}").format(loss=format(frame.step.loss, LOSS_FORMAT))
    if frame.verdict is not None:
        line += " · " + _("held-out loss {loss}").format(
            loss=format(frame.verdict.loss.mean, LOSS_FORMAT)
        )
    return line


def diverged(frame: Frame) -> str:
    """What a page with a fixed run says when it diverges; empty while it does not."""
    if frame.diverged_at is None:
        return ""
    return _("At step {step} the loss stopped being a finite number.").format(
        step=frame.diverged_at
    )


def waiting(frame: Frame, steps: int) -> str:
    """What is still needed for the result."""
    if frame.status in ENDED:
        return _("Press **Reset**, or choose another run.")
    return _("The result comes at step {steps}. Press **Run**.").format(steps=steps)


def committed(lesson: Lesson, predicted: int) -> list[str]:
    """The predictions, of which one was chosen, in Markdown."""
    return [
        f":material/radio_button_checked: **{_(option)}**"
        if number == predicted
        else f":material/radio_button_unchecked: {_(option)}"
        for number, option in enumerate(lesson.options)
    ]


def minutes(lesson: Lesson) -> int:
    """How long a lesson takes: its text read and its runs watched once, and the exercise solved."""
    reading = len(prose(lesson.key, "en").split()) / _WORDS_A_MINUTE
    redraws = sum(max(1, lesson.steps / lesson.pace) for _variant in lesson.variants)
    return math.ceil(reading + redraws * REDRAW_EVERY / 60 + _EXERCISE)


def outline(lesson: Lesson) -> str:
    """What the reader is in for."""
    return _(
        "Then: a page to read beside the running network, the answer, and an exercise. About "
        "{minutes} minutes."
    ).format(minutes=minutes(lesson))


def number(lesson: Lesson) -> str:
    """A lesson's place among all."""
    return _("Lesson {number} of {lessons}").format(number=lesson.number, lessons=len(LESSONS))


def preview(frame: Frame) -> str:
    """What the figure shows before the reader has trained anything."""
    return _(
        "The network in question, hardly trained yet ({updates} updates). Above: input, target and "
        "prediction. Below: its hidden state at the same time steps, one row per unit."
    ).format(updates=frame.step.index)


def losses() -> str:
    """What the two losses beside the step are."""
    return "\n\n".join(
        [
            _("The loss on the present window, before the weights are trained on it."),
            _("The mean loss of the frozen weights on windows ahead of the training stream."),
        ]
    )


def headline(lesson: Lesson, outcome: Outcome, predicted: int) -> str:
    """Whether the prediction came true, in one line of Markdown."""
    happened = _(lesson.options[outcome.option])
    if predicted == outcome.option:
        said = _(":material/check_circle: **As you predicted.** {option}.")
    else:
        said = _(":material/cancel: **Not as you predicted.** {option}.")
    return said.format(option=happened)


def result(lesson: Lesson, outcome: Outcome, predicted: int) -> str:
    """What was predicted and what happened, in Markdown."""
    lines = [
        _("**You predicted:** {option}.").format(option=_(lesson.options[predicted])),
        _("**What happened:** {option}.").format(option=_(lesson.options[outcome.option]))
        + " "
        + translate(outcome.said, _),
    ]
    if outcome.option != lesson.right:
        lines.append(
            _(
                "This seed is an exception. With most seeds it is: {option}. Try **New seed**."
            ).format(option=_(lesson.options[lesson.right]))
        )
    return "\n\n".join(lines)


def measured(outcome: Outcome) -> str:
    """The further measurements as a Markdown table; empty if there are none."""
    if not outcome.rows:
        return ""
    rows = [f"| {_cell(label)} | {_cell(value)} |" for label, value in outcome.rows]
    return "\n".join([_("| measured | value |"), "|---|---|", *rows])


def runs_of(lesson: Lesson, seed: int) -> str:
    """From which runs the result is."""
    if lesson.seeds == 1:
        return _("From the run with seed {seed}.").format(seed=seed)
    return _("From runs with {count} seeds, beginning with {seed}.").format(
        count=lesson.seeds, seed=seed
    )


def done(predicted: int, solved: int) -> str:
    """How far the reader has come."""
    return _("Predictions: {predicted} of {lessons} · exercises: {solved} of {lessons}").format(
        predicted=predicted, lessons=len(LESSONS), solved=solved
    )


def train_link(variant: Variant, seed: int, choices: Mapping[str, Any]) -> str:
    """A relative address of the Train page with a variant's settings.

    Args:
        variant: the run.
        seed: of its initial weights.
        choices: what was chosen, by setting. The way back leads to the same lesson and answers.
    """
    kept = {name: value for name, value in choices.items() if name in _KEPT}
    values = {**kept, **variant.config.to_dict(), "seed": seed}
    parameters = write_link(values, table_of(SETTINGS))
    return "./" + query(parameters)


def sweep_link(picture: Picture, choices: Mapping[str, Any]) -> str:
    """A relative address of the Sweeps page that tries what a picture shows.

    Args:
        picture: of a lesson.
        choices: as in `train_link`.
    """
    kept = {name: value for name, value in choices.items() if name in _KEPT}
    more = write_link(kept, table_of(SETTINGS))
    return f"./sweeps?{picture.sweep}" + (f"&{query(more).removeprefix('?')}" if more else "")


def assignment(address: str, key: str, seed: int | None = None) -> str:
    """A link that opens one lesson and hides the others.

    Args:
        address: of the page.
        key: of the lesson.
        seed: of everybody's run, in a locked lesson; None for one that is not locked.
    """
    locked = "hide=lessons" if seed is None else f"seed={seed}&lock=true"
    return f"{address.split('?')[0]}?lesson={key}&{locked}"


def code_title(place: CodePlace) -> str:
    """A file of the repository and a line in it."""
    return f"`{place.path}`, " + _("line {line}").format(line=place.line)


def _cell(text: Message | str) -> str:
    said = text if isinstance(text, str) else translate(text, _)
    return said.replace("|", "\\|")
