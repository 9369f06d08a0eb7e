from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app.language import use_language
from dashboard.board import server
from dashboard.board.report import PAUSED, WITHHELD
from dashboard.board.store import SEATS, Room
from tests.dashboard import train_page
from tests.dashboard.train_page import click, config, healthy

pytestmark = pytest.mark.usefixtures("rooms")


@pytest.fixture(autouse=True)
def everybody_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_is_here", lambda _visitor: True)


def invited(code: str, **query: str) -> AppTest:
    """The Train page that a room's link opens."""
    return train_page.page(room=code, **query)


def join(app: AppTest, name: str) -> AppTest:
    """Choose a nickname and press Join."""
    app.text_input(key="nickname").set_value(name)
    (button,) = [each for each in app.button if each.label in ("Join", "加入")]
    return healthy(button.click().run())


def room(code: str) -> Room:
    found = server.store().room(code)
    assert found is not None
    return found


def test_without_a_room_nothing_is_shown_and_no_file_is_made(rooms: Path) -> None:
    app = train_page.page()
    assert not [box for box in app.text_input if box.key == "nickname"]
    assert list(rooms.iterdir()) == []


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_whoever_joins_is_reported_from_then_on(lang: str) -> None:
    code = server.store().open().code
    app = join(invited(code, lang=lang, hidden_size="6"), " <Ada> ")
    use_language("en")
    assert not [box for box in app.text_input if box.key == "nickname"]
    assert config(app).seed == 1  # a seed of one's own
    (greeting,) = app.toast
    assert greeting.value.startswith("You are **Ada**" if lang == "en" else "您在房间")
    assert app.query_params["room"] == code
    app = click(app, "step")
    server.reporter().round()
    (entry,) = room(code).entries
    assert (entry.nickname, entry.report.status, entry.report.step) == ("Ada", PAUSED, 1)
    assert entry.report.query == "task=sin_to_cos&hidden_size=6&seed=1"
    assert entry.report.loss is not None
    # A new seed and a reset: still there.
    app = click(click(app, "new_seed"), "reset")
    assert app.query_params["room"] == code
    server.reporter().round()
    assert room(code).entries[0].report.step == 0


def test_all_begin_with_the_link_s_seed_if_the_teacher_wants_it() -> None:
    code = server.store().open(own_seeds=False).code
    app = join(invited(code, seed="77"), "Ada")
    assert config(app).seed == 77


def test_the_next_to_join_has_the_next_seed_and_a_nickname_of_their_own() -> None:
    code = server.store().open().code
    seeds = [config(join(invited(code), "Ada")).seed for _pupil in range(2)]
    assert seeds == [1, 2]
    assert [entry.nickname for entry in room(code).entries] == ["Ada", "Ada 2"]


def test_a_run_on_a_series_is_not_told() -> None:
    code = server.store().open().code
    app = join(invited(code, task="series"), "Ada")
    click(app, "step")
    server.reporter().round()
    (entry,) = room(code).entries
    assert (entry.report.status, entry.report.query, entry.report.loss) == (WITHHELD, "", None)


def test_what_is_no_nickname_is_refused_in_a_sentence() -> None:
    code = server.store().open().code
    app = join(invited(code, lang="zh_CN"), "***")
    assert app.error[0].value == "昵称至少要有一个文字或数字。"
    app = join(invited(code), "***")
    assert app.error[0].value == "A nickname needs a letter or a digit."
    app = join(app, "Ada")
    assert [entry.nickname for entry in room(code).entries] == ["Ada"]


def test_a_full_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEATS, "1")
    code = server.store().open().code
    server.store().join(code, "Bob")
    app = join(invited(code), "Ada")
    assert app.error[0].value == "All 1 seats of the room are taken."


def test_a_room_that_is_not_there_is_told_and_can_be_forgotten() -> None:
    app = invited("ABC234")
    assert "There is no room ABC" in app.warning[0].value
    app = healthy(app.button(key="forget_room").click().run())
    assert not app.warning
    assert "room" not in app.query_params


def test_an_invitation_can_be_declined() -> None:
    code = server.store().open().code
    app = invited(code)
    (later,) = [each for each in app.button if each.label == "Not now"]
    app = healthy(later.click().run())
    assert not [box for box in app.text_input if box.key == "nickname"]
    assert "room" not in app.query_params


def test_a_room_that_was_closed_is_told_to_its_members() -> None:
    opened = server.store().open()
    app = join(invited(opened.code), "Ada")
    server.store().close(opened)
    app = healthy(app.run())
    assert "no longer shown in room" in app.warning[0].value
    app = healthy(app.button(key="forget_room").click().run())
    assert not app.warning
    assert "room" not in app.query_params
    assert server.reporter().following == 0


def test_another_tab_with_the_same_seat_takes_it_over() -> None:
    code = server.store().open().code
    app = join(invited(code), "Ada")
    seat = app.session_state["seat"]
    again = server.store().resume(code, seat.token)
    assert again is not None
    app = click(app, "step")
    server.reporter().round()
    app = click(app, "step")
    assert "another tab goes on with your seat" in app.warning[0].value


def test_rooms_that_cannot_be_used_are_a_sentence(rooms: Path) -> None:
    code = server.store().open().code
    server.store().shut()
    for file in rooms.iterdir():
        file.write_bytes(b"no database" * 1_000)
    app = invited(code)
    assert app.warning[0].value == "The server cannot use its folder of rooms. Its log says why."


def _resumed() -> None:
    import streamlit as st

    from dashboard.app import widgets
    from dashboard.board import member_panel
    from dashboard.board.kept_seat_panel import Kept
    from dashboard.board.settings import ROOM

    code, token, key = st.query_params["kept"].split(" ")
    widgets.set_value(ROOM, code)
    member_panel._returned(Kept(code, token, key))
    mine, own = member_panel.seat(), member_panel.opened()
    st.text(mine.nickname if mine else "nobody")
    st.text(own.code if own else "none")


@pytest.mark.parametrize(
    ("tokens", "shown"),
    [
        (("own", "own"), ["Ada", "room"]),
        (("own", "guessed"), ["Ada", "none"]),
        (("guessed", "guessed"), ["nobody", "none"]),
    ],
)
def test_a_tab_that_was_reloaded_has_its_seat_and_its_room_again(
    tokens: tuple[str, str], shown: list[str]
) -> None:
    opened = server.store().open()
    seat = server.store().join(opened.code, "Ada")
    real = {"own": (seat.token, opened.key), "guessed": ("guessed", "guessed")}
    app = AppTest.from_function(_resumed)
    app.query_params["kept"] = f"{opened.code} {real[tokens[0]][0]} {real[tokens[1]][1]}"
    app = healthy(app.run())
    wanted = [opened.code if word == "room" else word for word in shown]
    assert [text.value for text in app.text] == wanted


def _leaving() -> None:
    import streamlit as st

    from dashboard.board import member_panel, server

    if st.query_params.pop("join", ""):
        st.session_state["seat"] = server.store().join(st.query_params["code"], "Ada")
    mine = member_panel.seat()
    assert mine is not None
    member_panel._leave(mine)
    st.text(str(member_panel.seat()))


def test_leaving_deletes_what_was_reported() -> None:
    code = server.store().open().code
    app = AppTest.from_function(_leaving)
    app.query_params.update({"code": code, "join": "true"})
    app = healthy(app.run())
    assert app.text[0].value == "None"
    assert room(code).entries == ()
