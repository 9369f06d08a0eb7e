"""A table in which a visitor sets contenders of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.settings import lowest
from dashboard.app.text import initialisation_name, plain, rule_words
from dashboard.compare.contenders import FEWEST, MOST, SETTINGS, Change, contenders
from dashboard.compare.settings import CONTENDERS
from rnn_core import CELLS, OPTIMIZERS, RULES, RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable, Rule

if TYPE_CHECKING:
    import pandas as pd

# What the table was last filled for, the rows it was filled with, and how often it was.
_FILLED_FOR, _ROWS, _TABLES = "own contenders", "own rows", "own tables"


def own_contenders(base: RunConfig, first: tuple[Change, ...]) -> tuple[Change, ...]:
    """Show the table, keep its contents as `CONTENDERS`, and return what each row changes.

    Args:
        base: the run of the sidebar; an empty cell means its value.
        first: what the table begins with, where nothing was chosen before.
    """
    state = st.session_state
    asked = widgets.chosen(CONTENDERS)
    # Another link or another language: a new table, as its edits belong to the old one.
    if _ROWS not in state or state.get(_FILLED_FOR) != (asked, current_language()):
        state[_ROWS] = _rows_of(base, asked or first)
        state[_TABLES] = state.get(_TABLES, 0) + 1
    edited = st.data_editor(
        state[_ROWS],
        num_rows="dynamic",
        column_config=_columns(),
        key=f"own_table_{state[_TABLES]}",
        hide_index=True,
        alt=_("The contenders' settings, one row each."),
    )
    rows = [_settings(row, base) for row in edited.to_dict("records")]
    if not FEWEST <= len(rows) <= MOST:
        st.warning(
            _("A comparison needs {few} to {many} contenders; the table has {rows}.").format(
                few=FEWEST, many=MOST, rows=len(rows)
            ),
            icon=":material/balance:",
        )
        rows = [*rows, {}, {}][: max(FEWEST, min(MOST, len(rows)))]
    changes = tuple(
        {name: value for name, value in row.items() if value != getattr(base, name)} for row in rows
    )
    widgets.set_value(CONTENDERS, changes)
    state[_FILLED_FOR] = changes, current_language()
    return changes


def forget_own_contenders() -> None:
    """Drop the table's contents; it begins anew when it is shown again."""
    widgets.forget([CONTENDERS.name])
    st.session_state.pop(_ROWS, None)


def _rows_of(base: RunConfig, changes: tuple[Change, ...]) -> pd.DataFrame:
    import pandas as pd  # late: half a second that other pages need not wait

    rows = [contender.config.to_dict() for contender in contenders(base, changes)]
    return pd.DataFrame(rows)[list(SETTINGS)].astype({"forget_bias": float, "clip_norm": float})


def _settings(row: Mapping[Any, Any], base: RunConfig) -> dict[str, Any]:
    """A row of the table as settings; a value that is not allowed is replaced by the sidebar's."""
    settings: dict[str, Any] = {}
    for name in SETTINGS:
        rule, value = RULES[name], _plain_value(row.get(name), RULES[name])
        if value is None and not isinstance(rule, Nullable):
            value = getattr(base, name)
        try:
            settings[name] = rule.check(name, value, None)
        except (TypeError, ValueError):
            st.warning(
                _("{name} must be {rule}, not {text}.").format(
                    name=name, rule=rule_words(rule), text=plain(str(value))
                ),
                icon=":material/balance:",
            )
            settings[name] = getattr(base, name)
    return settings


def _plain_value(value: Any, rule: Rule) -> Any:
    """A cell as the rule wants it: None if it is empty, and a whole number as an int."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    # An empty cell elsewhere turns the whole column into floats.
    whole = isinstance(rule, IntRange) and isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _columns() -> dict[str, Any]:
    """The table's columns, with the limits of `RULES`."""
    titles = {
        "cell": _("Cell"),
        "hidden_size": _("Hidden units"),
        "num_layers": _("Layers"),
        "carry_state": _("Carried"),
        "forget_bias": _("Forget bias"),
        "initialisation": _("Initialisation"),
        "single_bias": _("One bias"),
        "optimizer": _("Optimizer"),
        "lr": _("Learning rate"),
        "momentum": _("Momentum"),
        "clip_norm": _("Clipping"),
    }
    return {name: _column(name, title) for name, title in titles.items()}


def _column(name: str, title: str) -> Any:
    rule = RULES[name]
    if isinstance(rule, Choice):
        return st.column_config.SelectboxColumn(
            title,
            options=list(rule.options),
            required=True,
            format_func=lambda option: _option_title(name, option),
        )
    number = rule.rule if isinstance(rule, Nullable) else rule
    if isinstance(number, IntRange):
        return st.column_config.NumberColumn(
            title, min_value=number.low, max_value=number.high, step=1
        )
    if isinstance(number, FloatRange):
        return st.column_config.NumberColumn(title, min_value=lowest(number), max_value=number.high)
    return st.column_config.CheckboxColumn(title)


def _option_title(setting: str, option: object) -> str:
    """A cell or an optimizer as its authors write it; an initialisation in words."""
    if setting == "initialisation":
        return initialisation_name(str(option))
    registry = {"cell": CELLS, "optimizer": OPTIMIZERS}.get(setting)
    return str(option if registry is None else registry[str(option)].title)
