"""Widgets that set settings, and the values that were chosen.

What was chosen is kept by setting in one dictionary of the session, under names that do not depend
on the language; a widget only shows and changes it. A value that arrives from a browser is checked
against the setting's rule before it is kept; an invalid one changes nothing, and the widget shows
the last valid value again. That value is the widget's default, too: Streamlit returns it for what
it refuses itself, and begins with it where other limits make it another widget.

A widget with translated labels has a key of its own in each language. Streamlit identifies an
option by its label, so that the same widget in another language would be sent labels that it does
not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Any

import streamlit as st

from dashboard.app.language import current_language
from dashboard.app.parts import runs_alone
from dashboard.app.restrictions import ALL, HIDE, LESSONS, LOCK
from dashboard.app.settings import RUN_SETTINGS, Setting, checked, lowest
from rnn_core import RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable

_CHOSEN, _HELD, _SUPERSEDED = "chosen settings", "held values", "superseded values"
# Seconds that a value may be on its way to the browser; nobody takes one back sooner than that.
_ON_THE_WAY = 1.0
_FIRST_TASK = RunConfig().task

Then = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Unasked:
    """Settings that an experiment decides by itself, whatever was chosen; that stays as it is.

    Args:
        reason: why, in a sentence.
        shown: what is said in place of the widget, in the reader's language, by setting.
        left_out: settings whose widgets are left out.
        restarts: whether there is a run that a change of other settings starts again.
    """

    reason: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    restarts: bool = True


_ALL_ASKED = Unasked()
_UNASKED: ContextVar[Unasked] = ContextVar("unasked", default=_ALL_ASKED)


@contextmanager
def unasked(settings: Unasked) -> Iterator[None]:
    """Within the block, do not ask for these settings."""
    token = _UNASKED.set(settings)
    try:
        yield
    finally:
        _UNASKED.reset(token)


def is_locked(name: str) -> bool:
    """Whether the link locks this setting of the run."""
    locked: frozenset[str] = chosen(LOCK)
    return bool(locked) and name in RUN_SETTINGS and not locked.isdisjoint((ALL, name))


def is_restricted() -> bool:
    """Whether the link locks or hides settings, so that nothing else is to change them."""
    hidden: frozenset[str] = chosen(HIDE)
    return bool(chosen(LOCK)) or not hidden <= {LESSONS}


def _is_unasked(setting: Setting, label: str) -> bool:
    """Whether a setting is hidden, or the experiment decides it; then say so in place of it."""
    if setting.name in chosen(HIDE):
        return True
    settings = _UNASKED.get()
    if setting.name in settings.shown:
        # Without a key: another text makes it another widget, and it is never written to.
        st.text_input(label, value=settings.shown[setting.name], disabled=True)
        return True
    return setting.name in settings.left_out


def choices() -> Mapping[str, Any]:
    """What was chosen, by setting; what was not has its default."""
    kept: dict[str, Any] = st.session_state.setdefault(_CHOSEN, {})
    return kept


def chosen(setting: Setting) -> Any:
    """The value of a setting: what was chosen if the task allows it, otherwise the default."""
    kept = choices()
    task = str(kept.get("task", _FIRST_TASK))
    if setting.name not in kept:
        return setting.default(task)
    try:
        return checked(setting, task, kept[setting.name])
    except (TypeError, ValueError):
        return setting.default(task)


def current_task() -> str:
    """The chosen task."""
    return str(choices().get("task", _FIRST_TASK))


def set_value(setting: Setting, value: Any) -> None:
    """Choose a value, as a click on the setting's widget does.

    Raises:
        TypeError, ValueError: when the setting may not have it.
    """
    kept = dict(choices())
    kept[setting.name] = checked(setting, current_task(), value)
    st.session_state[_CHOSEN] = kept


def forget(names: Iterable[str]) -> None:
    """Set settings back to their defaults."""
    left_out = frozenset(names)
    st.session_state[_CHOSEN] = {
        name: value for name, value in choices().items() if name not in left_out
    }


def replace_choices(values: Mapping[str, Any]) -> None:
    """Choose these values, which were checked before, and nothing else."""
    st.session_state[_CHOSEN] = dict(values)


def select(
    setting: Setting,
    label: str,
    shown_as: Callable[[str], str],
    *,
    then: Then | None = None,
    **more: Any,
) -> str:
    """A list to choose one of a rule's options from.

    Args:
        setting: its rule is a `Choice`.
        label: of the widget.
        shown_as: an option's name in the reader's language.
        then: called after another valid value was chosen.
        more: as for `st.selectbox`.
    """
    if _is_unasked(setting, label):
        return str(chosen(setting))
    key = _key(setting.name, translated=True)
    _bind(setting, key)
    options = _options(setting)
    names = {option: shown_as(option) for option in options}  # in the language of this run
    st.selectbox(
        label,
        options=options,
        index=options.index(chosen(setting)),
        format_func=lambda option: names.get(option, str(option)),
        key=key,
        on_change=_arrived,
        args=(setting, key, then),
        disabled=is_locked(setting.name),
        **more,
    )
    return str(chosen(setting))


def choose(
    setting: Setting,
    label: str,
    shown_as: Callable[[str], str] = str,
    *,
    hide_label: bool = False,
    **more: Any,
) -> str:
    """A rule's few options side by side, to choose one.

    Args:
        setting: its rule is a `Choice`.
        label: of the widget.
        shown_as: an option's name in the reader's language.
        hide_label: whether the label is for screen readers only.
        more: as for `st.segmented_control`.
    """
    key = _key(setting.name, translated=True)
    _bind(setting, key)
    st.segmented_control(
        label,
        options=_options(setting),
        default=chosen(setting),
        format_func=shown_as,
        key=key,
        required=True,
        label_visibility="collapsed" if hide_label else "visible",
        on_change=_arrived,
        args=(setting, key, None, True),
        **more,
    )
    return str(chosen(setting))


def choose_key(
    name: str,
    label: str,
    options: Sequence[str],
    shown_as: Callable[[str], str],
    *,
    then: Then | None = None,
) -> str:
    """Options side by side that belong to no setting; the choice is ``st.session_state[name]``.

    Args:
        name: of the choice in the session's state, which other code may set as well.
        label: of the widget.
        options: their keys.
        shown_as: an option's name in the reader's language.
        then: called after another option was chosen.
    """
    if st.session_state.get(name) not in options:
        st.session_state[name] = options[0]
    key = _key(name, translated=True)
    if st.session_state.get(key) != st.session_state[name]:
        st.session_state[key] = st.session_state[name]

    def arrived() -> None:
        option = st.session_state.get(key)
        if option in options:
            st.session_state[name] = option
            if then is not None:
                then()

    st.segmented_control(
        label,
        options=options,
        default=st.session_state[name],
        format_func=shown_as,
        key=key,
        required=True,
        on_change=arrived,
    )
    return str(st.session_state[name])


def toggle(setting: Setting, label: str, help_text: str) -> bool:
    """A switch."""
    if _is_unasked(setting, label):
        return bool(chosen(setting))
    key = _bind(setting)
    st.toggle(
        label,
        value=chosen(setting),
        key=key,
        help=help_text,
        on_change=_arrived,
        args=(setting, key, None),
        disabled=is_locked(setting.name),
    )
    return bool(chosen(setting))


def slider(setting: Setting, label: str, help_text: str, step: float = 0.01) -> int | float:
    """A slider from one end of a rule to the other.

    Args:
        setting: its rule is a range.
        label: of the widget.
        help_text: explains the setting.
        step: distance of the numbers on offer; ignored for whole numbers.
    """
    if _is_unasked(setting, label):
        unchanged: int | float = chosen(setting)
        return unchanged
    rule = setting.rule(current_task())
    key = _bind(setting)
    common: dict[str, Any] = {
        "value": chosen(setting),
        "key": key,
        "help": help_text,
        "on_change": _arrived,
        "args": (setting, key, None),
        "disabled": is_locked(setting.name),
    }
    if isinstance(rule, IntRange):
        st.slider(label, min_value=rule.low, max_value=rule.high, **common)
        return int(chosen(setting))
    assert isinstance(rule, FloatRange)
    if _is_multiple(rule.low, step) and _is_multiple(rule.high, step):
        st.slider(label, min_value=rule.low, max_value=rule.high, step=step, **common)
    else:
        # A plain slider counts its steps from its lower end: from -π it would never reach 0.
        pick(setting, label, help_text, multiples(rule, step))
    return float(chosen(setting))


def pick(setting: Setting, label: str, help_text: str, numbers: Iterable[float]) -> float:
    """A slider over given numbers, and over the chosen one if it is another."""
    if _is_unasked(setting, label):
        return float(chosen(setting))
    key = _bind(setting)
    st.select_slider(
        label,
        options=sorted({*numbers, chosen(setting)}),
        value=chosen(setting),
        format_func=exact,
        key=key,
        help=help_text,
        on_change=_arrived,
        args=(setting, key, None),
        disabled=is_locked(setting.name),
    )
    return float(chosen(setting))


def whole_number(setting: Setting, label: str, help_text: str, **more: Any) -> int:
    """A box for a whole number; ``more`` as for `st.number_input`."""
    if _is_unasked(setting, label):
        return int(chosen(setting))
    rule = setting.rule(current_task())
    assert isinstance(rule, IntRange)
    key = _bind(setting)
    st.number_input(
        label,
        min_value=rule.low,
        max_value=rule.high,
        value=chosen(setting),
        key=key,
        help=help_text,
        on_change=_arrived,
        args=(setting, key, None),
        disabled=is_locked(setting.name),
        **more,
    )
    return int(chosen(setting))


def optional_number(
    setting: Setting, label: str, help_text: str, when_empty: str, **more: Any
) -> float | None:
    """A box that may be empty.

    Args:
        setting: its rule is `Nullable`.
        label: of the widget.
        help_text: explains the setting.
        when_empty: what an empty box means, in a word or two.
        more: as for `st.number_input`.
    """
    value: float | None = chosen(setting)
    if _is_unasked(setting, label):
        return value
    rule = setting.rule(current_task())
    assert isinstance(rule, Nullable)
    key = _bind(setting)
    whole = isinstance(rule.rule, IntRange)
    st.number_input(
        label,
        min_value=rule.rule.low if isinstance(rule.rule, IntRange) else lowest(rule.rule),
        max_value=rule.rule.high,
        value=None,
        format="%d" if whole else "%g",
        placeholder=when_empty,
        key=key,
        help=help_text,
        on_change=_arrived,
        args=(setting, key, None),
        disabled=is_locked(setting.name),
        **more,
    )
    return value


def multiples(rule: FloatRange, step: float) -> list[float]:
    """The multiples of ``step`` within a rule, and its two ends."""
    per_unit = round(1 / step)
    first, last = math.ceil(rule.low * per_unit), math.floor(rule.high * per_unit)
    inside = {number / per_unit for number in range(first, last + 1)}
    return sorted({lowest(rule), *inside, rule.high} - ({rule.low} if rule.open_low else set()))


@lru_cache(maxsize=4096)  # a slider writes all its numbers in every run of the page
def exact(number: float) -> str:
    """A number as short as can be; no two numbers look the same."""
    short = format(number, "g")
    return short if float(short) == number else repr(number)


def _is_multiple(number: float, step: float) -> bool:
    return math.isclose(number / step, round(number / step), abs_tol=1e-9)


def _options(setting: Setting) -> tuple[str, ...]:
    rule = setting.rule(current_task())
    assert isinstance(rule, Choice)
    return rule.options


def _key(name: str, *, translated: bool = False) -> str:
    return f"{name}_{current_language()}" if translated else name


def _bind(setting: Setting, key: str | None = None) -> str:
    """Have the widget to come show what was chosen; give its key."""
    key = key or _key(setting.name)
    value, now = chosen(setting), monotonic()
    said, held = st.session_state.get(key, value), _held().get(key, value)
    # A browser that says the right value may be about to draw another one, of the run before.
    others = [each for each in (said, held) if each != value]
    if key not in st.session_state or others:
        st.session_state[key] = _held()[key] = value
    recent = [each for each in _superseded().get(key, ()) if now - each[1] <= _ON_THE_WAY]
    _superseded()[key] = (*recent, *((each, now) for each in others))
    return key


def _held() -> dict[str, Any]:
    """What each widget holds once the browser has drawn everything, by key."""
    values: dict[str, Any] = st.session_state.setdefault(_HELD, {})
    return values


def _superseded() -> dict[str, tuple[tuple[Any, float], ...]]:
    """Values that widgets had before the program gave them others, by key, and since when."""
    values: dict[str, tuple[tuple[Any, float], ...]]
    values = st.session_state.setdefault(_SUPERSEDED, {})
    return values


def _is_stale(key: str, *, in_part: bool) -> bool:
    """Whether a widget's value comes from a browser that has not yet heard of a newer one.

    With every click a browser sends what all widgets say. If it has not yet drawn the value that
    the program has given to one of them, such as another seed, it sends the old one along.

    Args:
        key: of the widget.
        in_part: whether the widget may be in a part of the page that runs alone.
    """
    said = st.session_state.get(key)
    found = [since for value, since in _superseded().get(key, ()) if value == said]
    # Nobody can have touched a widget outside of the part that runs.
    elsewhere = not in_part and runs_alone()
    return bool(found) and (elsewhere or monotonic() - max(found) <= _ON_THE_WAY)


def _arrived(setting: Setting, key: str, then: Then | None, in_part: bool = False) -> None:
    """Keep what the browser sent, if the setting may have it."""
    if _is_stale(key, in_part=in_part):
        return
    said = _held()[key] = st.session_state.get(key)
    try:
        set_value(setting, said)
    except (TypeError, ValueError):
        return  # the widget shows the last valid value again when it is next drawn
    if then is not None:
        then()
