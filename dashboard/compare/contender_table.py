"""A table in which a visitor names contenders of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.compare.contenders import (
    FEWEST,
    MOST,
    SETTINGS,
    Change,
    contenders,
    from_text,
    to_text,
)
from rnn_core import RULES, RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable, Rule

_LINK = "vs"


def own_contenders(base: RunConfig, first: tuple[Change, ...]) -> tuple[Change, ...]:
    """Show the table; keep it in the page's address; give what each row changes.

    Args:
        base: the sidebar's run; what a row leaves empty is as there.
        first: what the table begins with, where the link says nothing.
    """
    if "own_rows" not in st.session_state:
        st.session_state["own_rows"] = _first_rows(base, first)
    edited = st.data_editor(
        st.session_state["own_rows"],
        num_rows="dynamic",
        column_config=_columns(),
        key="own_table",
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
    st.query_params[_LINK] = to_text(changes)
    return changes


def forget_own_contenders() -> None:
    """Take them out of the page's address; the table begins anew when it is next asked for."""
    st.query_params.pop(_LINK, None)
    st.session_state.pop("own_rows", None)


def _first_rows(base: RunConfig, first: tuple[Change, ...]) -> pd.DataFrame:
    changes = first
    if _LINK in st.query_params:
        try:
            changes = from_text(st.query_params[_LINK])
        except ValueError as problem:
            st.warning(str(problem), icon=":material/link_off:")
    rows = [contender.config.to_dict() for contender in contenders(base, changes)]
    return pd.DataFrame(rows)[list(SETTINGS)].astype({"forget_bias": float, "clip_norm": float})


def _settings(row: Mapping[Any, Any], base: RunConfig) -> dict[str, Any]:
    """A row of the table as settings."""
    settings: dict[str, Any] = {}
    for name in SETTINGS:
        value: Any = row.get(name)
        rule = RULES[name]
        if pd.isna(value):
            value = None if isinstance(rule, Nullable) else getattr(base, name)
        elif isinstance(rule, IntRange):
            value = int(value)  # an empty cell elsewhere makes the whole column real numbers
        settings[name] = value
    return settings


def _columns() -> dict[str, Any]:
    """The table's columns, with the limits of `RULES`."""
    titles = {
        "cell": _("Cell"),
        "hidden_size": _("Hidden units"),
        "num_layers": _("Layers"),
        "carry_state": _("Carried"),
        "forget_bias": _("Forget bias"),
        "optimizer": _("Optimizer"),
        "lr": _("Learning rate"),
        "momentum": _("Momentum"),
        "clip_norm": _("Clipping"),
    }
    return {name: _column(title, RULES[name]) for name, title in titles.items()}


def _column(title: str, rule: Rule) -> Any:
    if isinstance(rule, Choice):
        return st.column_config.SelectboxColumn(title, options=list(rule.options), required=True)
    number = rule.rule if isinstance(rule, Nullable) else rule
    if isinstance(number, IntRange):
        return st.column_config.NumberColumn(
            title, min_value=number.low, max_value=number.high, step=1
        )
    if isinstance(number, FloatRange):
        # The box cannot leave out its own lower end, so it begins a little above.
        low = 1e-6 if number.open_low else number.low
        return st.column_config.NumberColumn(title, min_value=low, max_value=number.high)
    return st.column_config.CheckboxColumn(title)
