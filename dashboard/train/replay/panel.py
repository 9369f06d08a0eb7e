"""The replay dialog: the run played in the browser, and saved as one HTML file."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.charts.base import Chart
from dashboard.charts.draw import draw
from dashboard.run.live_run import LiveRun
from dashboard.train.offline_page import page
from dashboard.train.replay.spec import replay

# Keys in the session: whether a replay is open, and the replay.
_OPEN, _REPLAY = "replay_open", "replay_spec"
# Puts the replay's controls above its charts, where they are visible with the first one.
_CONTROLS_FIRST = """<style>
.st-key-replay_chart .vega-embed { display: flex; flex-direction: column; }
.st-key-replay_chart .vega-embed form.vega-bindings { order: -1; display: flex; flex-flow: row wrap;
  gap: 0.5rem 2rem; margin-bottom: 1rem; }
.st-key-replay_chart .vega-embed form.vega-bindings .vega-bind { width: auto; }
.st-key-replay_chart .vega-embed form.vega-bindings .vega-bind-name { width: auto; min-width: 0; }
</style>"""


def open_replay() -> None:
    """Open the replay with the next run of the page."""
    st.session_state[_OPEN] = True


def close() -> None:
    """Close the replay."""
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_REPLAY, None)


def is_open() -> bool:
    """Whether a replay is open, in front of the page."""
    return _OPEN in st.session_state


def show_replay(run: LiveRun) -> None:
    """Show the replay of a run in a dialog."""
    dialog = st.dialog(_("Replay"), width="large", icon=":material/movie:", on_dismiss=close)
    dialog(_show)(run, current_language())


def _show(run: LiveRun, language: str) -> None:
    use_language(language)  # a click in the dialog runs this function in a thread of its own
    if _REPLAY not in st.session_state:
        # Every message to the page is a place where it stops, if the page is closed or goes on.
        bar = st.progress(0.0, _("Making the replay…"))
        made = replay(run, progress=lambda share: bar.progress(share, _("Making the replay…")))
        bar.empty()
        if made is None:
            close()
            return
        st.session_state[_REPLAY] = made
    shown: Chart = st.session_state[_REPLAY]
    caption, save = st.columns([4, 1], vertical_alignment="center")
    caption.caption(
        _(
            "The whole run, in small steps at first and larger ones later. It plays in your "
            "browser: pause it, choose its speed, or drag it to any frame."
        )
    )
    save.download_button(
        _("Save as HTML"),
        data=partial(_file, run, shown, language),
        file_name=_file_name(run),
        mime="text/html",
        on_click="ignore",
        icon=":material/download:",
        key="save_replay",
        width="stretch",
        help=_("A single file that plays in any browser, offline."),
    )
    with st.container(key="replay_chart"):
        st.html(_CONTROLS_FIRST)
        draw(shown)


def _file(run: LiveRun, shown: Chart, language: str) -> str:
    """The file, made when it is downloaded, in a thread of its own."""
    use_language(language)
    return page(shown, run)


def _file_name(run: LiveRun) -> str:
    config = run.config
    return f"{config.task}-{config.cell}-seed-{config.seed}-steps-{run.index}.html"
