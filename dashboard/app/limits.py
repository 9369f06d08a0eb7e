"""What the server does for one visitor at most, so that everyone else gets a turn.

A step is limited before it is taken, by what it will cost: nothing can interrupt it. Knows nothing
of Streamlit.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from dashboard.app import memory
from dashboard.app.journal import REFUSED, note
from dashboard.app.language import gettext as _
from dashboard.app.text import two_digits
from rnn_core import RULES, RunConfig, StepCost, Task, step_cost
from rnn_core.config import is_read
from rnn_core.messages import N_, InvalidValue
from rnn_core.rules import IntRange

#: Environment variables that set other limits on a server of one's own; ``inf`` for none.
STEP_GFLOP, RUN_MB = "RNN_PLAYGROUND_STEP_GFLOP", "RNN_PLAYGROUND_RUN_MB"
#: Environment variable that sets how much memory the whole server may take; ``inf`` for no limit.
SERVER_MB = "RNN_PLAYGROUND_SERVER_MB"
# Half a second on one core, a third of what the smallest server has left, and what that server has.
_STEP_GFLOP, _RUN_MB, _SERVER_MB = 30.0, 300.0, 1500.0
# A table in memory, by the size of its file: the file, the text and the numbers.
_TIMES_A_FILE = 4
# MB that a run may take however full the server is: every task's own settings, compared in three
# cells and eight seeds, take less.
_ALWAYS_MB = 20.0
# Settings whose lower values make a step cheaper, in the order in which they are proposed.
_CHEAPER = ("batch_size", "window_length", "hidden_size", "num_layers")


@dataclass(frozen=True, slots=True)
class Work:
    """What a page is asked to train.

    Args:
        configs: of the runs, which are trained side by side.
        networks: of each config, with a seed each.
        task: what they are trained on in place of the task that they name; None for that one.
        decided: settings that are not the visitor's to choose, ``"networks"`` perhaps among them.
        held: bytes that the visitor's present run takes, which this one would replace.
    """

    configs: tuple[RunConfig, ...]
    networks: int = 1
    task: Task | None = None
    decided: frozenset[str] = frozenset()
    held: int = 0

    @property
    def cost(self) -> StepCost:
        """Of a step of all networks."""
        total = StepCost(0.0, 0)
        for config in self.configs:
            total += _cost(config, self.task) * self.networks
        return total


class TooMuch(ValueError):
    """The server does not train what was asked for; `refusal` says why.

    Args:
        work: what was asked for.
    """

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.work = work


def most() -> StepCost:
    """What a step of one visitor may cost on this server, however empty it is.

    Raises:
        ValueError: when an environment variable is no positive number.
    """
    operations = 1e9 * _number(STEP_GFLOP, _STEP_GFLOP)
    return StepCost(operations, _bytes(_number(RUN_MB, _RUN_MB)))


def room(held: int = 0) -> int:
    """Bytes that a run may take now: what is left of the server's memory, and always a little.

    A run that is there already is never too large.

    Args:
        held: as in `Work`.

    Raises:
        ValueError: when the environment variable is no positive number.
    """
    ceiling = _bytes(_number(SERVER_MB, _SERVER_MB))
    return max(ceiling - memory.resident() + held, _bytes(_ALWAYS_MB), held)


def refusal(work: Work, *, listed: bool = True) -> str:
    """Why the server does not train this, and what it would train; empty if it does.

    Markdown in the reader's language.

    Args:
        work: what was asked for.
        listed: whether the alternatives are listed; not where `limits_panel` has buttons for them.
    """
    if _fits(work):
        return ""
    cost, limit, left = work.cost, most(), room(work.held)
    note(REFUSED, gflop=round(cost.operations / 1e9, 1), mb=cost.bytes // 1_000_000)
    if cost.operations <= limit.operations and cost.bytes <= limit.bytes:
        said = _(
            "These networks would take {needed} MB of memory. The server's memory is shared by all "
            "of its visitors, and {limit} MB are left: wait until others have gone, or choose less."
        ).format(needed=_rounded(cost.bytes / 1e6), limit=_rounded(left / 1e6))
    elif cost.operations / limit.operations > cost.bytes / limit.bytes:
        said = _(
            "One training step would take {needed} billion floating-point operations, and this "
            "server allows {limit} billion, so that everyone gets a turn."
        ).format(needed=_rounded(cost.operations / 1e9), limit=_rounded(limit.operations / 1e9))
    else:
        said = _(
            "These networks would take {needed} MB of memory, and this server allows {limit} MB, "
            "so that there is room for everyone."
        ).format(needed=_rounded(cost.bytes / 1e6), limit=_rounded(limit.bytes / 1e6))
    fitting = []
    if listed:
        fitting = [in_words(name, value) for name, value in alternatives(work).items()]
    if fitting:
        said += " " + _("One of these alone is enough: {alternatives}.").format(
            alternatives=", ".join(fitting)
        )
    return said + " " + _("`python -m rnn_core` on a computer of your own has no such limit.")


def require_room_for_table(size: int) -> None:
    """Refuse a table that the server has no room for now.

    Args:
        size: of the file, in bytes.

    Raises:
        ValueError: when there is no room, with a message for the visitor.
    """
    needed, left = _TIMES_A_FILE * size, room()
    if needed > left:
        note(REFUSED, mb=needed // 1_000_000)
        raise InvalidValue(
            N_(
                "Reading this file would take {needed:.0f} MB of memory. The server's memory is "
                "shared by all of its visitors, and {limit:.0f} MB are left: wait until others "
                "have gone, or give fewer rows."
            ),
            needed=needed / 1e6,
            limit=left / 1e6,
        )


def in_words(name: str, value: int) -> str:
    """One of the alternatives in the reader's language."""
    words: Mapping[str, str] = {
        "batch_size": _("batch size {value}"),
        "window_length": _("points per window {value}"),
        "hidden_size": _("hidden units {value}"),
        "num_layers": _("layers {value}"),
        "networks": _("seeds {value}"),
    }
    return words[name].format(value=value)


def alternatives(work: Work) -> dict[str, int]:
    """The highest value of each setting with which a step is allowed, all others unchanged.

    Also of ``networks``, where there are several. Settings that cannot help are left out.
    """
    found: dict[str, int] = {}
    if work.networks > 1 and "networks" not in work.decided:
        seeds = _highest_work(lambda value: replace(work, networks=value), 1, work.networks - 1)
        if seeds is not None:
            found["networks"] = seeds
    for name in _CHEAPER:
        rule = RULES[name]
        assert isinstance(rule, IntRange)
        if work.task is not None and name in ("batch_size", "window_length"):
            continue  # the task was made for these
        if name in work.decided or not all(is_read(name, config) for config in work.configs):
            continue
        most_now = max(getattr(config, name) for config in work.configs)
        value = _highest_work(partial(_capped, work, name), rule.low, most_now - 1)
        if value is not None:
            found[name] = value
    return found


def _capped(work: Work, name: str, value: int) -> Work:
    """With a setting no higher than a value in any run."""
    capped = (
        replace(config, **{name: min(value, getattr(config, name))}) for config in work.configs
    )
    return replace(work, configs=tuple(capped))


def _fits(work: Work) -> bool:
    """Whether a step is allowed.

    Raises:
        ValueError: when the task cannot have the settings.
    """
    cost, limit = work.cost, most()
    if cost.operations > limit.operations or cost.bytes > limit.bytes:
        return False
    return cost.bytes <= room(work.held)


def _highest_work(work_of: Callable[[int], Work], low: int, high: int) -> int | None:
    """The highest number whose work is allowed and possible, if there is one."""

    def fits(value: int, *, impossible: bool = True) -> bool:
        try:
            return _fits(work_of(value))
        except ValueError:  # too low for the task
            return impossible

    found = highest(fits, low, high)
    return None if found is None or not fits(found, impossible=False) else found


def highest(fits: Callable[[int], bool], low: int, high: int) -> int | None:
    """The highest number from ``low`` to ``high`` that fits, if there is one.

    Args:
        fits: whether a number does; what is true of a number is true of all below it.
        low: the lowest number.
        high: the highest number.
    """
    found = bisect_left(range(low, high + 1), True, key=lambda value: not fits(value))
    return low + found - 1 if found else None


def _cost(config: RunConfig, task: Task | None) -> StepCost:
    return step_cost(config, task) if task is not None else _cost_of_named_task(config)


@lru_cache(maxsize=256)
def _cost_of_named_task(config: RunConfig) -> StepCost:
    """Cached: every run of a page asks, and some tasks take milliseconds to build."""
    return step_cost(config)


def _bytes(mb: float) -> int:
    return int(1e6 * min(mb, 1e9))


def _rounded(number: float) -> str:
    return format(number, ",.0f") if number >= 10 else two_digits(number)


def _number(name: str, default: float) -> float:
    text = os.environ.get(name, "")
    try:
        number = float(text or default)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise ValueError(f"{name} must be a positive number, got {text!r}. Try {default:g}.")
    return number
