"""What the Class page shows: a room as it goes on, and how to open one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.language import LANGUAGES, current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.page import go_to
from dashboard.app.restrictions import ALL, LOCK
from dashboard.app.settings import LANGUAGE
from dashboard.app.sidebar import Settings
from dashboard.app.task_text import task_title
from dashboard.board import (
    charts,
    invite_panel,
    member_panel,
    open_run_panel,
    runs,
    table,
    text,
)
from dashboard.board.server import store
from dashboard.board.settings import ACROSS, AUTO, ROOM, STEPS
from dashboard.board.store import (
    Opened,
    Room,
    RoomsUnusable,
    TooManyRooms,
    most_rooms,
    read_code,
)
from dashboard.charts.draw import draw
from rnn_core import RunConfig

# Seconds between two looks at a room.
_BEAT = 1.0
# Keys in the session: a code as it is typed, the task whose runs are shown, and what says why a
# click did not do what it says.
_TYPED, _TASK, _PROBLEM = "room_code", "task of the board", "problem of the board"
# Key of the chart; and in the session, the seat whose run was clicked or chosen.
_CHART, _PICKED = "board_chart", "picked seat"


def show(_config: RunConfig, settings: Settings) -> None:
    """The page below its header.

    Args:
        settings: what is chosen.
    """
    for refusal in settings.refusals:
        st.warning(refusal, icon=":material/link_off:")
    why = st.session_state.pop(_PROBLEM, None)
    code = widgets.chosen(ROOM)
    try:
        room = store().room(code) if code else None
    except RoomsUnusable as error:
        _tell(error)
        return
    if why is not None:
        st.error(why(), icon=":material/block:")
    if room is not None:
        _room(room)
        return
    if code:
        st.warning(
            _("There is no room {code}: it has ended, or the link is of another server.").format(
                code=text.spaced(code)
            ),
            icon=":material/groups:",
        )
    _begin()


def _begin() -> None:
    """How to open a room, and how to look at one."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(_("For teachers: open a room"), anchor=False)
        st.markdown(
            _(
                "You get a link for your class. Whoever opens it and chooses a nickname trains on "
                "a page of their own, and all of their runs appear here, live: a point and a row "
                "each, with the held-out loss beside the floors. Thirty seeds of one setting in "
                "one chart show how little a single run says."
            )
        )
        if most_rooms():
            st.button(
                _("Open a room"),
                type="primary",
                icon=":material/groups:",
                key="open_room",
                on_click=_open,
            )
            st.caption(
                _(
                    "Stored are nicknames, settings, steps and losses. The room ends, and all of "
                    "it is deleted, when you close it, or after a day."
                )
            )
        else:
            st.info(_("Rooms are off on this server."), icon=":material/block:")
    with right, st.form("look_at_room", border=False):
        st.subheader(_("Look at a room"), anchor=False)
        st.text_input(_("Code of the room"), key=_TYPED, max_chars=12, placeholder="K7Q M2P")
        st.form_submit_button(_("Show the board"), on_click=_look_at)


def _open() -> None:
    if member_panel.opened() is not None and widgets.chosen(ROOM):
        return  # delivered twice
    try:
        member_panel.keep_opened(store().open())
    except TooManyRooms:
        st.session_state[_PROBLEM] = _too_many
    except RoomsUnusable as error:
        member_panel.note(error)
        st.session_state[_PROBLEM] = member_panel.unusable


def _too_many() -> str:
    return _("{rooms} rooms are open on this server already. Open one later.").format(
        rooms=most_rooms()
    )


def _no_code() -> str:
    return _("The code of a room has six letters and digits; 0, 1, I, L and O are not among them.")


def _tell(error: RoomsUnusable) -> None:
    """Say that rooms cannot be used."""
    member_panel.note(error)
    st.error(member_panel.unusable(), icon=":material/block:")


def _look_at() -> None:
    typed = str(st.session_state.get(_TYPED, ""))
    code = read_code(typed)
    if code:
        widgets.set_value(ROOM, code)
    else:
        st.session_state[_PROBLEM] = _no_code


def _room(room: Room) -> None:
    """A room: how to come in at the left, what goes on at the right."""
    own = member_panel.opened()
    mine = own if own is not None and own.code == room.code else None
    is_empty = not room.entries
    # Until somebody has joined, the code is what matters.
    left, right = st.columns([1, 1] if is_empty else [1, 3], gap="large")
    with left, st.container(key="invite_alone" if is_empty else "invite"):
        invite_panel.show(room, is_own=mine is not None)
        if mine is not None:
            _choices(room, mine)
        elif member_panel.seat() is None:
            _ask_to_join()
    with right, st.container(key="board"):
        live = st.fragment(_live, run_every=_BEAT)
        live(room.code, is_empty, current_language(), dict(widgets.choices()))
    open_run_panel.open_clicked()


def _ask_to_join() -> None:
    """The way to the invitation, which is above the Train page."""
    if ALL not in widgets.chosen(LOCK) and st.button(
        _("Join this room"), icon=":material/login:", key="to_train"
    ):
        go_to("train")


def _choices(room: Room, own: Opened) -> None:
    """What only whoever opened the room may do."""
    key = "own_seeds"
    st.session_state[key] = room.own_seeds
    st.toggle(
        _("A seed for each"),
        key=key,
        on_change=_give_seeds,
        args=(own, key),
        help=_(
            "On: whoever joins from now on is given a seed of their own, so that the runs of one "
            "setting show how far seeds spread. Off: all begin with the link's seed."
        ),
    )
    with st.container(horizontal=True, gap="small", key="board_choices"):
        # Opening it runs the page: those who have joined since are among the names.
        names = st.popover(
            _("Nicknames"),
            icon=":material/visibility_off:",
            key=f"nicknames_{current_language()}",
            on_change="rerun",
        )
        with names:
            _hide(room, own)
        with st.popover(_("Close"), icon=":material/cancel:"):
            st.markdown(_("Closing deletes the room and all that is in it."))
            st.button(
                _("Close the room"),
                type="primary",
                key="close_room",
                on_click=_close,
                args=(own,),
            )


def _hide(room: Room, own: Opened) -> None:
    """Ask whose nicknames are not shown."""
    names = {entry.number: entry.nickname for entry in room.entries}
    key = "hidden_names"
    st.session_state[key] = [entry.number for entry in room.entries if entry.hidden]
    st.multiselect(
        _("Hidden nicknames"),
        list(names),
        format_func=lambda number: names.get(number, str(number)),
        key=key,
        on_change=_hide_chosen,
        args=(own, key),
        placeholder=_("none"),
    )


def _hide_chosen(own: Opened, key: str) -> None:
    numbers = [each for each in st.session_state.get(key, ()) if isinstance(each, int)]
    _attempt(lambda: store().hide(own, numbers))


def _give_seeds(own: Opened, key: str) -> None:
    _attempt(lambda: store().give_own_seeds(own, bool(st.session_state.get(key))))


def _close(own: Opened) -> None:
    _attempt(lambda: store().close(own))
    member_panel.keep_opened(None)


def _attempt(action: Any) -> None:
    """Do it, or keep why it is impossible for the run of the page to come."""
    try:
        action()
    except RoomsUnusable as error:
        member_panel.note(error)
        st.session_state[_PROBLEM] = member_panel.unusable


def _live(code: str, was_empty: bool, language: str, linked: dict[str, Any]) -> None:
    """Everything that moves, in a part of the page that runs by itself."""
    use_language(language)  # a fragment runs in a thread of its own
    try:
        room = store().room(code)
    except RoomsUnusable as error:
        _tell(error)
        return
    if room is None or was_empty == bool(room.entries):
        st.rerun()  # the page is laid out otherwise
        return
    if was_empty:
        st.markdown(text.beginning())
        return
    now = time.time()
    everyone = runs.runs_of(room, now)
    tasks = runs.tasks_of(everyone)
    with st.container(horizontal=True, vertical_alignment="bottom", key="board_bar"):
        place = st.container(width="stretch")
        task = _task(tasks)
        shown = [run for run in everyone if run.config.task == task]
        differing = runs.varied(shown)
        across = _across(shown, differing)
    with place:
        st.markdown(text.room_line(room, now))
        if shown:
            st.caption(text.common_line(shown, differing))
    drawn = charts.chart(shown, across, widgets.chosen(LANGUAGE))
    draw(drawn, key=_CHART, on_select=_pick)
    _picked(shown)
    if across == "seed" and runs.differ_in_seed_alone(shown):
        st.markdown(text.lesson(shown))
    said = text.how_to_read(floors=bool(runs.common_floors(shown)) or not shown)
    missing = text.left_out(shown)
    st.caption(f"{said} {missing}" if missing else said)
    # The browser keeps the widths of columns, which fit the names in one language.
    tables = {code: st.container() for code in LANGUAGES}
    with tables[current_language()]:
        _table(room, shown, differing, now)
    if dict(widgets.choices()) != linked:
        st.rerun()  # the address follows


def _pick() -> None:
    """Remember whose point was clicked; a click beside all points forgets it."""
    selected = st.session_state[_CHART]["selection"].get(charts.PICKED, [])
    seats = [row["seat"] for row in selected if row.get("seat") is not None]
    st.session_state[_PICKED] = int(seats[0]) if seats else None


def _picked(shown: Sequence[runs.ClassRun]) -> None:
    """Ask for a run, as a click on its point does, and show the way to it.

    Points are out of reach of a keyboard, and small for a finger.
    """
    by_seat = {run.number: run for run in shown}
    key = f"picked_run_{current_language()}"
    number = st.session_state.get(_PICKED)
    st.session_state[key] = number if number in by_seat else None

    def arrived() -> None:
        st.session_state[_PICKED] = st.session_state.get(key)

    with st.container(horizontal=True, vertical_alignment="center", key="picked"):
        st.selectbox(
            _("Run to open"),
            sorted(by_seat, key=lambda seat: text.run_name(by_seat[seat]).casefold()),
            format_func=lambda seat: text.run_name(by_seat[seat]) if seat in by_seat else "–",
            key=key,
            on_change=arrived,
            placeholder=_("Choose a run"),
            label_visibility="collapsed",
            width=230,
        )
        run = by_seat.get(st.session_state[key])
        if run is not None:
            st.link_button(
                _("Open this run"),
                run.link(widgets.chosen(LANGUAGE)),
                icon=":material/open_in_new:",
                type="tertiary",
            )
            st.markdown(text.run_line(run))


def _task(tasks: Sequence[str]) -> str:
    """Ask which task is shown, if there are several; losses of two do not compare."""
    if len(tasks) < 2:
        return tasks[0] if tasks else ""
    return widgets.choose_key(_TASK, _("Task"), tasks, task_title)


def _across(shown: Sequence[runs.ClassRun], differing: Sequence[str]) -> str:
    """Ask what the horizontal axis shows."""
    options = [AUTO, STEPS, *differing]
    key = f"across_{current_language()}"
    chosen = widgets.chosen(ACROSS)
    st.session_state[key] = chosen if chosen in options else AUTO
    names = {AUTO: _("what suits the runs"), STEPS: _("steps")}

    def arrived() -> None:
        value = st.session_state.get(key)
        if value in options:
            widgets.set_value(ACROSS, value)

    st.selectbox(
        _("Across"),
        options,
        format_func=lambda name: names.get(name) or words.setting_name(name),
        key=key,
        on_change=arrived,
        width=230,
    )
    return runs.suited(str(st.session_state[key]), shown)


def _table(
    room: Room, shown: Sequence[runs.ClassRun], differing: Sequence[str], now: float
) -> None:
    rows = table.rows(room, shown, differing, widgets.chosen(LANGUAGE), now)
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        key="board_table",
        hide_index=True,
        height=37 + 35 * max(3, len(rows)),
        placeholder="–",
        column_config={
            "nickname": _("Nickname"),
            "link": st.column_config.LinkColumn(
                _("Train"),
                display_text=_("open"),
                help=_("Opens the Train page with the settings of this run."),
                width=70,
            ),
            "cell": _("Cell"),
            **{
                name: words.capital(words.setting_name(name))
                for name in differing
                if name != "cell"
            },
            "seed": number(_("Seed"), format="%d"),
            "step": number(_("At step"), format="%d"),
            "loss": number(_("Held-out loss"), format="%.3g"),
            "ratio": number(
                _("Loss / floor"),
                format="%.2f",
                help=_("The held-out loss, relative to the task's lowest floor above 0."),
            ),
            "floor": st.column_config.TextColumn(
                _("Below"),
                help=_("The lowest floor that the held-out loss is below."),
                width="medium",
            ),
            "status": st.column_config.TextColumn(_("Now"), width=140),
        },
        alt=_("The runs of the room, a row for each."),
    )
