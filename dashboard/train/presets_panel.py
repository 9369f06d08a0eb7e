"""The menu of ready-made experiments."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.app import widgets
from dashboard.app.header import drop_down
from dashboard.app.language import gettext as _
from dashboard.app.link import query
from dashboard.app.settings import LANGUAGE, RUN_SETTINGS
from dashboard.app.tour_panel import button as tour_button
from dashboard.train.presets import PRESETS, Preset


def menu() -> None:
    """A button that opens the list of experiments, each a click away and with a link to share."""
    if widgets.is_restricted():
        return  # an experiment would change what the link has set
    opened = drop_down("experiments_menu", _("Experiments"), ":material/science:")
    if not opened.open:
        return
    with opened:
        for preset in PRESETS.values():
            st.button(
                _(preset.title),
                key=f"preset_{preset.key}",
                on_click=_choose,
                args=(preset,),
                width="stretch",
            )
            # Streamlit would open a Markdown link in another tab.
            words, address = _("Link"), escape(_address(preset))
            link = f'<a href="{address}" target="_self">{words}</a>'
            st.caption(f"{_(preset.sentence)} {link}", unsafe_allow_html=True)
        tour_button()


def _choose(preset: Preset) -> None:
    """Set the run's settings to those of a preset; language and pace stay."""
    others = {name: value for name, value in widgets.choices().items() if name not in RUN_SETTINGS}
    widgets.replace_choices({**others, **preset.choices})


def _address(preset: Preset) -> str:
    """Where the page shows a preset: the link in the language that the reader has chosen."""
    chosen = widgets.choices()
    language = {LANGUAGE.name: chosen[LANGUAGE.name]} if LANGUAGE.name in chosen else {}
    return "./" + query({**preset.parameters, **language})
