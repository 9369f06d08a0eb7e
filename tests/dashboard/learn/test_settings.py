from __future__ import annotations

from dashboard.app.link import read_link, write_link
from dashboard.app.restrictions import HIDE
from dashboard.app.settings import table_of
from dashboard.learn.answers import Answers
from dashboard.learn.settings import SETTINGS

TABLE = table_of([*SETTINGS, HIDE])


def test_a_lesson_is_assigned_by_link_with_the_other_lessons_hidden() -> None:
    link = read_link({"lesson": "carry", "hide": "lessons", "answers": "1b.4a"}, TABLE)
    assert link.refusals == ()
    assert link.values == {
        "lesson": "carry",
        "hide": frozenset({"lessons"}),
        "answers": Answers({1: 1, 4: 0}),
    }
    assert write_link(link.values, TABLE) == {
        "lesson": "carry",
        "answers": "1b.4a",
        "hide": "lessons",
    }


def test_what_a_link_cannot_have_is_refused() -> None:
    link = read_link({"lesson": "twelve", "hide": "all", "answers": "99z"}, TABLE)
    assert link.values == {}
    assert len(link.refusals) == 3
    assert "`99z`. It must list lessons" in link.refusals[2]


def test_a_reader_who_has_done_nothing_has_a_short_link() -> None:
    assert write_link({"lesson": "memoryless", "answers": Answers()}, TABLE) == {}
