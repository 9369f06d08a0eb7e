from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app.language import use_language
from dashboard.board import server
from dashboard.board.report import WITHHELD
from dashboard.board.store import ROOMS, Report
from tests.dashboard.board.board_page import board, said
from tests.dashboard.board.rooms import FLOORS
from tests.dashboard.train_page import healthy

pytestmark = pytest.mark.usefixtures("rooms")
NAMES = ["Ada", "Bob", "Cy", "Dee", "Eve"]


def opened(**query: str) -> AppTest:
    """The board of a room that was opened with the button."""
    return healthy(board(**query).button(key="open_room").click().run())


def fill(code: str, *reports: Report) -> None:
    """Have a pupil for each report."""
    seats = [server.store().join(code, name) for name in NAMES[: len(reports)]]
    server.store().report(list(zip(seats, reports, strict=True)))


def seeded(number: int, loss: float, query: str = "task=sin_to_cos") -> Report:
    return Report("stopped", f"{query}&seed={number}", 500, loss, 500, False, FLOORS)


def keys(app: AppTest) -> set[str]:
    return {str(each.key) for each in (*app.button, *app.toggle, *app.multiselect)}


def test_a_room_is_opened_and_shown_with_its_link_and_code() -> None:
    app = opened()
    code = app.query_params["room"]
    assert f"{code[:3]}\u2009{code[3:]}" in said(app)
    assert app.code[0].value == f"./?room={code}"
    assert "Nobody has joined yet." in said(app)
    assert "data:image/svg+xml;base64," in "".join(each.proto.body for each in app.get("html"))
    assert {"own_seeds", "hidden_names", "close_room"} <= keys(app)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_class_of_seeds_is_a_chart_a_lesson_and_a_table(lang: str) -> None:
    app = opened(lang=lang)
    code = app.query_params["room"]
    fill(code, *(seeded(n, loss) for n, loss in enumerate([0.4, 0.05, 0.2], start=1)))
    app = healthy(app.run())
    use_language("en")
    assert ("3 runs of one setting" if lang == "en" else "同一设置的 3 次运行") in said(app)
    assert len(app.get("vega_lite_chart")) == 1
    table = app.dataframe[0].value
    assert table["nickname"].tolist() == ["Bob", "Cy", "Ada"]
    assert table["loss"].tolist() == [0.05, 0.2, 0.4]
    assert f"lang={lang}" in table["link"][0]


def test_the_axis_is_chosen_and_stays_in_the_link() -> None:
    app = opened()
    cells = [f"task=sin_to_cos&cell={cell}" for cell in ("rnn", "lstm", "gru")]
    fill(app.query_params["room"], *(seeded(n, 0.1, cell) for n, cell in enumerate(cells)))
    app = healthy(app.run())
    box = app.selectbox(key="across_en")
    assert box.options == ["what suits the runs", "steps", "cell"]
    app = healthy(box.set_value("cell").run())
    assert app.query_params["across"] == "cell"


def test_runs_of_another_task_are_shown_apart() -> None:
    app = opened()
    fill(
        app.query_params["room"],
        seeded(1, 0.1),
        seeded(2, 0.2),
        seeded(3, 0.7, "task=parity"),
        Report(WITHHELD),
    )
    app = healthy(app.run())
    assert app.dataframe[0].value["nickname"].tolist() == ["Ada", "Bob", "Dee"]
    control = next(each for each in app.segmented_control if "task of the board" in str(each.key))
    app = healthy(control.set_value("parity").run())
    assert app.dataframe[0].value["nickname"].tolist() == ["Cy", "Dee"]


def test_nicknames_are_hidden_seeds_chosen_and_the_room_closed() -> None:
    app = opened()
    code = app.query_params["room"]
    fill(code, seeded(1, 0.1), seeded(2, 0.2))
    app = healthy(app.run())
    app = healthy(app.multiselect(key="hidden_names").set_value([2]).run())
    assert app.dataframe[0].value["nickname"].tolist() == ["Ada", "–"]
    app = healthy(app.toggle(key="own_seeds").set_value(False).run())
    room = server.store().room(code)
    assert room is not None
    assert not room.own_seeds
    assert "seed=" not in app.code[0].value  # the default one needs no name
    app = healthy(app.button(key="close_room").click().run())
    assert server.store().room(code) is None
    assert "room" not in app.query_params
    assert "open_room" in keys(app)


def test_who_has_not_opened_the_room_sees_it_and_changes_nothing() -> None:
    code = server.store().open().code
    fill(code, seeded(1, 0.1))
    app = board(room=code)
    assert app.dataframe[0].value["nickname"].tolist() == ["Ada"]
    assert not {"own_seeds", "hidden_names", "close_room"} & keys(app)
    assert not app.code
    assert "to_train" in keys(app)


def test_a_room_is_looked_at_by_its_code() -> None:
    code = server.store().open().code
    app = board()
    app.text_input(key="room_code").set_value(f"{code[:3]} {code[3:]}".lower())
    (show,) = [each for each in app.button if each.label == "Show the board"]
    app = healthy(show.click().run())
    assert app.query_params["room"] == code
    app = board()
    app.text_input(key="room_code").set_value("nothing")
    (show,) = [each for each in app.button if each.label == "Show the board"]
    app = healthy(show.click().run())
    assert "six letters and digits" in app.error[0].value


def test_a_room_that_is_over_is_told_and_another_can_be_opened() -> None:
    app = board(room="ABC234")
    assert "There is no room ABC" in app.warning[0].value
    assert "open_room" in keys(app)


def test_where_there_are_no_rooms_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOMS, "0")
    app = board()
    assert app.info[0].value == "Rooms are off on this server."
    assert "open_room" not in keys(app)


def test_too_many_rooms_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOMS, "1")
    server.store().open()
    app = opened()
    assert app.error[0].value == "1 rooms are open on this server already. Open one later."


def test_a_folder_that_cannot_be_used_is_a_sentence_without_its_path(rooms: Path) -> None:
    app = board()
    server.store().shut()
    for file in rooms.iterdir():
        file.unlink()
    rooms.rmdir()
    rooms.write_text("no folder")
    app = healthy(app.button(key="open_room").click().run())
    (sentence,) = [error.value for error in app.error]
    assert sentence == "The server cannot use its folder of rooms. Its log says why."


def test_a_room_that_ends_while_it_is_shown_is_told() -> None:
    app = opened()
    code = app.query_params["room"]
    fill(code, replace(seeded(1, 0.1), floors=()))
    app = healthy(app.run())
    assert "differ in their settings" not in said(app)
    own = app.session_state["opened room"]
    server.store().close(own)
    app = healthy(app.run())
    assert "There is no room" in app.warning[0].value


def test_a_run_is_picked_by_its_point_or_by_name_and_can_be_opened() -> None:
    app = opened()
    fill(app.query_params["room"], seeded(1, 0.1), seeded(2, 0.2))
    app.session_state["picked seat"] = 2
    app = healthy(app.run())
    assert app.selectbox(key="picked_run_en").options == ["Ada", "Bob"]
    assert "learning rate 0.02 · seed 2 ·" in said(app)
    (link,) = app.get("link_button")
    assert link.proto.url == "./?seed=2"
    app = healthy(app.selectbox(key="picked_run_en").set_value(1).run())
    (link,) = app.get("link_button")
    assert link.proto.url == "./?seed=1"
    app.session_state["picked seat"] = 7  # who has left since
    app = healthy(app.run())
    assert app.selectbox(key="picked_run_en").value is None
    assert not app.get("link_button")
