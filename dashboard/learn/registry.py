"""Which lessons there are: one line each, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from rnn_core.messages import N_

if TYPE_CHECKING:
    from dashboard.learn.lesson import Lesson

#: The module of each lesson, by its key in links. The module names its lesson ``LESSON``.
LESSONS: Mapping[str, str] = MappingProxyType(
    {
        "memoryless": "dashboard.learn.lessons.memoryless.lesson",
        "memory": "dashboard.learn.lessons.memory.lesson",
        "shapes": "dashboard.learn.lessons.shapes.lesson",
        "carry": "dashboard.learn.lessons.carry.lesson",
        "curve": "dashboard.learn.lessons.curve.lesson",
        "collapse": "dashboard.learn.lessons.collapse.lesson",
        "vanishing": "dashboard.learn.lessons.vanishing.lesson",
        "price": "dashboard.learn.lessons.price.lesson",
        "portrait": "dashboard.learn.lessons.portrait.lesson",
        "persistence": "dashboard.learn.lessons.persistence.lesson",
        "following": "dashboard.learn.lessons.following.lesson",
        "delay": "dashboard.learn.lessons.delay.lesson",
    }
)

#: The lessons in groups, each with its title: a gettext message id.
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        N_("What a recurrent network is"): ("memoryless", "memory", "shapes", "carry"),
        N_("How it trains"): ("curve", "collapse", "vanishing"),
        N_("How to tell what it has learnt"): (
            "price",
            "portrait",
            "persistence",
            "following",
            "delay",
        ),
    }
)


@cache
def lesson(key: str) -> Lesson:
    """The lesson with this key."""
    found: Lesson = import_module(LESSONS[key]).LESSON
    return found
