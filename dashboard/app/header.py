"""The header: what every page shows in Streamlit's top bar, beside the navigation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard.app import about_panel, widgets
from dashboard.app.language import HTML_LANGUAGES, LANGUAGES, current_language
from dashboard.app.settings import LANGUAGE
from dashboard.app.share_panel import share
from dashboard.app.terms_panel import terms

_LANGUAGE_MENU = "language_menu"


def show(heading: str, *menus: Callable[[], None], private: Sequence[str] = ()) -> None:
    """Draw the header; `style.css` puts it into the top bar.

    Args:
        heading: of the page, for screen readers; the navigation shows the page's title.
        menus: draw menus of pages, in front of what all pages share.
        private: parameters of the address that a shared link leaves out.
    """
    with st.container(key="heading"):
        st.title(heading, anchor=False)
        code = HTML_LANGUAGES[current_language()]
        # Streamlit says that every page is English; screen readers and hyphenation go by this.
        st.html(
            f"<script>document.documentElement.lang = '{code}'</script>",
            unsafe_allow_javascript=True,
        )
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", width="content", key="header"
    ):
        for menu in menus:
            menu()
        about_panel.button()
        _language()
        share(private)
    with st.container(key="overlays"):
        terms()


def drop_down(key: str, label: str, icon: str) -> Any:
    """A menu of the header; what is in it is to be drawn only while it is ``open``.

    Args:
        key: of the menu in the session state, where the language is added to it.
        label: of its button.
        icon: before the label.
    """
    return st.popover(
        label,
        icon=icon,
        type="tertiary",
        width="content",
        key=f"{key}_{current_language()}",
        on_change="rerun",
    )


def _language() -> None:
    """A menu to choose the language from; its labels are the same in all languages."""
    st.menu_button(
        LANGUAGES[current_language()],
        options=list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        icon=":material/translate:",
        type="tertiary",
        key=_LANGUAGE_MENU,
        on_click=_language_arrived,
    )


def _language_arrived() -> None:
    code = st.session_state.get(_LANGUAGE_MENU)
    if code in LANGUAGES:
        widgets.set_value(LANGUAGE, code)
