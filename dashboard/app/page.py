"""Pages as objects, and the app that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from time import monotonic

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.app import header, limits_panel, sidebar, widgets
from dashboard.app.errors_panel import watch_errors
from dashboard.app.journal import OPENED, note
from dashboard.app.language import gettext as _
from dashboard.app.lifetimes import watch_session
from dashboard.app.restrictions import ALL, HIDE, LOCK
from dashboard.app.server import cleaner, prepare_server
from dashboard.app.settings import PACE, PageSetting, Setting, table_of
from dashboard.app.sidebar import Settings
from rnn_core import RunConfig

_PAGES, _ENDED = "pages", "end of the last run of the page"
# Seconds within which a browser may hear of a run's end.
_HEARD = 2.0
Show = Callable[[RunConfig, Settings], None]
_STYLE = Path(__file__).with_name("style.css")
_SCRIPTS = [Path(__file__).with_name(name) for name in ("keyboard.js", "history.js")]


@dataclass(frozen=True, slots=True)
class Companion:
    """What a page has on all pages.

    Args:
        menu: draws it in the header.
        above: draws it above the page whose path it is given.
    """

    menu: Callable[[], None]
    above: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the app.

    Args:
        path: its path in the address.
        title: in the navigation; marked with `N_`, translated when shown.
        icon: beside the title.
        heading: says what one does there; marked with `N_`.
        show: draws the page, given the run of the sidebar and everything else that is chosen.
        settings: those that it adds to the table.
        menu: draws the page's own menu in the header.
        shows_run: whether the sidebar sets its run, or what says so; else the page has the sidebar
            to itself, and of the run's settings it reads the seed alone.
        unasked: says which settings of the run its experiment decides by itself.
        pace: the setting `PACE`, with the pace at which the page begins.
        patience: its setting of early stopping; None where no run stops early.
        companion: what it has on all pages; None for nothing.
    """

    path: str
    title: str
    icon: str
    heading: str
    show: Show
    settings: tuple[PageSetting, ...] = ()
    menu: Callable[[], None] | None = None
    shows_run: bool | Callable[[], bool] = True
    unasked: Callable[[], widgets.Unasked] = widgets.Unasked
    pace: PageSetting = PACE
    patience: PageSetting | None = None
    companion: Companion | None = None


def open_app(*pages: Page) -> None:
    """Show the navigation, the sidebar that all pages share, and the page that is chosen.

    Args:
        pages: in the order of the navigation; the first opens by default.
    """
    _send_whole()
    watch_errors()
    prepare_server()
    watch_session()
    if _PAGES not in st.session_state:
        cleaner().soon()
        note(OPENED)
    st.html(_STYLE)
    st.html(_script(), unsafe_allow_javascript=True)
    table = table_of([LOCK, HIDE, *(setting for page in pages for setting in page.settings)])
    refusals = sidebar.open_link(table)
    chosen: list[Settings] = []
    entries = {
        page.path: st.Page(
            partial(_show, page, chosen),
            title=_(page.title),
            icon=page.icon,
            url_path=page.path,
            default=page is pages[0],
        )
        for page in pages
    }
    st.session_state[_PAGES] = entries
    navigation = st.navigation(
        list(entries.values()),
        position="hidden" if ALL in widgets.chosen(LOCK) else "top",
    )
    shown = next((page for page in pages if page.path == navigation.url_path), pages[0])
    st.set_page_config(page_title=f"{_(shown.title)} · RNN Playground")
    companions = [page.companion for page in pages if page.companion is not None]
    menus = [each.menu for each in companions] + ([shown.menu] if shown.menu is not None else [])
    header.show(_(shown.heading), *menus, private=_private(table))
    for companion in companions:
        companion.above(shown.path)
    shows_run = shown.shows_run
    chosen.append(
        sidebar.sidebar(refusals, shown.unasked(), shown.pace, shown.patience)
        if (shows_run() if callable(shows_run) else shows_run)
        else sidebar.without_run(refusals, shown.pace)
    )
    navigation.run()
    sidebar.keep_link({**table, PACE.name: shown.pace})
    st.session_state[_ENDED] = monotonic()


def _send_whole() -> None:
    """Send large messages whole, not by name, where the browser may be about to forget them.

    With a click a browser names the large messages that it keeps, and the server sends their names
    in place of them. When it hears that a run of the page has ended, it forgets those that it has
    not used for some runs. A click before that, as *Back* right after *New seed*, would have the
    server name what is forgotten by then, and Streamlit's page would stand still for good.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and monotonic() - st.session_state.get(_ENDED, -_HEARD) < _HEARD:
        context.cached_message_hashes = frozenset()


def go_to(path: str) -> None:
    """Open another page, with all settings as they are.

    Args:
        path: of the page.
    """
    st.switch_page(st.session_state[_PAGES][path])


def _private(table: Mapping[str, Setting]) -> list[str]:
    """The settings that belong to the visitor alone."""
    own = (each for each in table.values() if isinstance(each, PageSetting))
    return [each.name for each in own if not each.shared]


@cache
def _script() -> str:
    """What the browser does with keys and with its history, as HTML."""
    scripts = "\n".join(script.read_text(encoding="utf-8") for script in _SCRIPTS)
    return f"<script>{scripts}</script>"


def _show(page: Page, chosen: Sequence[Settings]) -> None:
    """The page; above it why the settings are impossible, if they are.

    Args:
        page: the page.
        chosen: the settings, known once the navigation is.
    """
    (settings,) = chosen
    if settings.problem:
        st.error(
            settings.problem
            + (" " + _("The page still shows the run before.") if settings.config else ""),
            icon=":material/block:",
        )
    if settings.too_much is not None:
        cleaner().soon()
        limits_panel.offer(settings.too_much)
    if settings.config is not None:
        page.show(settings.config, settings)
    else:
        for refusal in settings.refusals:
            st.warning(refusal, icon=":material/link_off:")
