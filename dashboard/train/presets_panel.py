"""The menu of ready-made experiments."""

from __future__ import annotations

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.settings import RUN_SETTINGS
from dashboard.app.tour_panel import button as tour_button
from dashboard.train.presets import PRESETS
from dashboard.train.settings import LOOK


def menu() -> None:
    """A button that opens the list of experiments; each is a click away."""
    with st.popover(_("Experiments"), icon=":material/science:", type="tertiary", width="content"):
        for preset in PRESETS.values():
            st.button(
                _(preset.title),
                key=f"preset_{preset.key}",
                on_click=_choose,
                args=(preset.key,),
                width="stretch",
            )
            st.caption(_(preset.sentence))
        tour_button()


def _choose(key: str) -> None:
    """Set the run's settings to those of a preset; language and pace stay."""
    preset = PRESETS[key]
    others = {name: value for name, value in widgets.choices().items() if name not in RUN_SETTINGS}
    look = {LOOK.name: preset.look} if preset.look else {}
    widgets.replace_choices({**others, **look, "task": preset.task, **preset.settings})
