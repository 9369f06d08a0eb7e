"""What a lesson is: a question, a run that answers it, and an exercise. Knows no Streamlit."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dashboard.app.source import Source
from dashboard.charts.base import Chart
from dashboard.learn.experiment import Prepare, Runs
from rnn_core import Batch, RunConfig
from rnn_core.messages import N_, Message

_LESSONS = Path(__file__).parent / "lessons"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """Settings that the reader can watch.

    Args:
        key: its name in code.
        title: for people; a gettext message id.
        config: the run, but for the seed.
        prepare: changes the network before its first step.
    """

    key: str
    title: str
    config: RunConfig
    prepare: Prepare | None = None


@dataclass(frozen=True, slots=True)
class NumberExercise:
    """An exercise whose answer is a number.

    Args:
        question: a gettext message id.
        answer: the number.
        tolerance: by how much an answer may differ.
        explanation: shown once it is solved; a gettext message id.
    """

    question: str
    answer: float
    tolerance: float
    explanation: str

    def check(self, given: float) -> bool:
        """Whether an answer is right."""
        # A tolerance of 0.1 includes what a person writes as exactly 0.1 more.
        return math.isfinite(given) and abs(given - self.answer) <= self.tolerance * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class ChoiceExercise:
    """An exercise whose answer is one of several.

    Args:
        question: a gettext message id.
        options: gettext message ids.
        right: index of the right one.
        explanation: shown once it is solved; a gettext message id.
    """

    question: str
    options: tuple[str, ...]
    right: int
    explanation: str

    def check(self, given: int) -> bool:
        """Whether an answer is right."""
        return given == self.right


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What happened.

    Args:
        option: index of the prediction that came true.
        said: what happened, with the numbers.
        rows: further measurements: what was measured, and its value.
    """

    option: int
    said: Message
    rows: tuple[tuple[Message, Message | str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What many more runs have found, drawn from results that are kept in the repository.

    Args:
        draw: the chart.
        said: what it shows, and the command that reproduces it; a gettext message id, Markdown.
        sweep: query of the Sweeps page that tries the same.
    """

    draw: Callable[[], Chart]
    said: str
    sweep: str


def predictions_at(
    window: Batch, prediction: NDArray[np.floating], points: Sequence[int]
) -> tuple[tuple[Message, str], ...]:
    """Rows of an outcome: input, target and prediction of sin → cos at some points.

    Args:
        window: its first row is read.
        prediction: for the window, shape ``(B, T, 1)``.
        points: time steps, from 0.
    """
    return tuple(
        (
            Message(
                N_("sin t = {x:.3f}, target {y:+.3f}: prediction"),
                {"x": float(window.inputs[0, n, 0]), "y": float(window.targets[0, n, 0])},
            ),
            format(float(prediction[0, n, 0]), "+z.3f"),
        )
        for n in points
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """One lesson.

    Args:
        number: its place, from 1.
        key: its name in links, which stays, and its folder.
        title: a gettext message id, like all texts here.
        question: what the reader is to predict.
        options: three predictions.
        right: index of the prediction that comes true with almost every seed.
        measure: trains the runs that decide the question, and says which prediction came true.
        variants: the runs that the reader can watch; the first is the one in question.
        steps: updates after which the question is decided.
        pace: updates per redraw.
        view: key of the view inside the network.
        exercise: with an answer that can be checked.
        sources: papers, the tutorial, threads.
        code: what does it in this repository, as ``module:qualified.name``.
        seeds: number of seeds that `measure` trains, the reader's and those that follow.
        picture: shown with what happened; None for none.
    """

    number: int
    key: str
    title: str
    question: str
    options: tuple[str, str, str]
    right: int
    measure: Callable[[Runs], Outcome]
    variants: tuple[Variant, ...]
    steps: int
    pace: int
    view: str
    exercise: NumberExercise | ChoiceExercise
    sources: tuple[Source, ...]
    code: tuple[str, ...]
    seeds: int = field(default=1)
    picture: Picture | None = field(default=None)

    def variant(self, key: str) -> Variant:
        """The variant with this key; the first for an unknown one."""
        return next((one for one in self.variants if one.key == key), self.variants[0])


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A piece of this repository.

    Args:
        path: of the file, from the repository's root.
        line: its first line.
        text: the piece.
    """

    path: str
    line: int
    text: str


@cache
def code_place(reference: str) -> CodePlace:
    """The code that a reference ``module:qualified.name`` names."""
    module, _colon, name = reference.partition(":")
    found = import_module(module)
    path = Path(inspect.getfile(found)).relative_to(_ROOT).as_posix()
    for part in name.split("."):
        found = getattr(found, part)
    lines, first = inspect.getsourcelines(found)
    return CodePlace(path, first, inspect.cleandoc("".join(lines)))


@cache
def prose(key: str, language: str) -> str:
    """A lesson's text in a language, as Markdown; in English where there is none."""
    path = _LESSONS / key / f"{language}.md"
    if not path.exists():
        path = path.with_name("en.md")
    return path.read_text(encoding="utf-8")
