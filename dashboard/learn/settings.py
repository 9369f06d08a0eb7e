"""The settings of the Learn page: all of them travel in the link."""

from __future__ import annotations

from dashboard.app.settings import PageSetting
from dashboard.learn.answers import Answers, parse, write
from dashboard.learn.registry import LESSONS
from rnn_core.rules import Choice, Flag

#: The lesson on screen.
LESSON = PageSetting("lesson", Choice(LESSONS), next(iter(LESSONS)), page="learn")
#: What the reader has predicted and solved.
ANSWERS = PageSetting("answers", None, Answers(), page="learn", parse=parse, write=write)
#: What a link that assigns a lesson hides: the list of lessons, and the way to other ones.
HIDE = PageSetting("hide", Choice(("lessons",)), None, page="learn")

#: Whether the lesson is all there is: one seed for the class, no other lessons, no other pages.
LOCK = PageSetting("lock", Flag(), False, page="learn")

SETTINGS = (LESSON, ANSWERS, HIDE, LOCK)
