"""The settings of the Learn page: all of them travel in the link."""

from __future__ import annotations

from dashboard.app.settings import PageSetting
from dashboard.learn.answers import Answers, parse, write
from dashboard.learn.registry import LESSONS
from rnn_core.rules import Choice

#: The lesson on screen.
LESSON = PageSetting("lesson", Choice(LESSONS), next(iter(LESSONS)), page="learn")
#: What the reader has predicted and solved.
ANSWERS = PageSetting("answers", None, Answers(), page="learn", parse=parse, write=write)
SETTINGS = (LESSON, ANSWERS)
