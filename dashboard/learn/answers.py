"""What a reader has predicted and solved, as a short text in the link. Knows no Streamlit.

``1b.2c.4as``: in lesson 1 the second prediction, in lesson 2 the third, in lesson 4 the first, and
the exercise of lesson 4 is solved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.app.language import gettext as _
from dashboard.learn.registry import LESSONS

_LETTERS = "abc"
_ONE = re.compile(r"([0-9]{1,2})([abc]?)(s?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answers:
    """Predictions and solved exercises, by lesson number.

    Args:
        predicted: index of the prediction that the reader committed to.
        solved: lessons whose exercise is solved.
    """

    predicted: Mapping[int, int] = field(default_factory=dict)
    solved: frozenset[int] = frozenset()

    def predict(self, lesson: int, option: int) -> Answers:
        """With a prediction; the first one counts."""
        return Answers({lesson: option, **self.predicted}, self.solved)

    def solve(self, lesson: int) -> Answers:
        """With an exercise solved."""
        return Answers(self.predicted, self.solved | {lesson})

    def after(self, earlier: Answers) -> Answers:
        """Together with earlier ones, of which a prediction counts before one in these."""
        return Answers({**self.predicted, **earlier.predicted}, self.solved | earlier.solved)


def parse(text: str) -> Answers:
    """The answers that a link's text stands for.

    Raises:
        ValueError: with a sentence in the reader's language, where it stands for none.
    """
    predicted: dict[int, int] = {}
    solved: set[int] = set()
    for part in text.split("."):
        found = _ONE.fullmatch(part)
        number = int(found[1]) if found else 0
        if found is None or not 1 <= number <= len(LESSONS) or not (found[2] or found[3]):
            raise ValueError(
                _(
                    "It must list lessons, each with its prediction a, b or c, like {example}."
                ).format(example="`1b.2c.4as`")
            )
        if found[2]:
            predicted[number] = _LETTERS.index(found[2])
        if found[3]:
            solved.add(number)
    return Answers(predicted, frozenset(solved))


def write(answers: Answers) -> str:
    """The text that `parse` turns into the answers."""
    return ".".join(
        f"{number}"
        + (_LETTERS[answers.predicted[number]] if number in answers.predicted else "")
        + ("s" if number in answers.solved else "")
        for number in sorted({*answers.predicted, *answers.solved})
    )
