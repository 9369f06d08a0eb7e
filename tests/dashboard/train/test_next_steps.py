from __future__ import annotations

import re
from pathlib import Path

from dashboard.learn.registry import LESSONS
from dashboard.run.views.registry import VIEWS
from dashboard.train.next_steps import LESSON_OF, LOOKS_AFTER
from rnn_core.training import suggestions

KEYS = set(
    re.findall(r'"([a-z]+_[a-z_]+)"', Path(suggestions.__file__).read_text(encoding="utf-8"))
) | {"follows_signal"}


def test_lessons_are_counted_as_on_the_learn_page() -> None:
    for lesson in LESSON_OF.values():
        assert list(LESSONS)[lesson.number - 1] == lesson.key


def test_the_views_and_the_suggestions_exist() -> None:
    assert {look.view for look in LOOKS_AFTER.values()} <= set(VIEWS)
    assert set(LOOKS_AFTER) | set(LESSON_OF) <= KEYS
