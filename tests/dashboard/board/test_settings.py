from __future__ import annotations

import pytest

from dashboard.app.link import read_link, write_link
from dashboard.app.settings import table_of
from dashboard.board.settings import ROOM, SETTINGS

TABLE = table_of(SETTINGS)


@pytest.mark.parametrize("typed", ["K7QM2P", "k7q-m2p", "K7Q M2P"])
def test_a_link_names_a_room(typed: str) -> None:
    link = read_link({"room": typed}, TABLE)
    assert link.values == {"room": "K7QM2P"}
    assert write_link(link.values, TABLE) == {"room": "K7QM2P"}
    assert link.refusals == ()


@pytest.mark.parametrize("typed", ["", "K7QM2", "K0QM2P", "*K7QM2P*", "x" * 10_000])
def test_what_is_no_code_is_refused_in_words(typed: str) -> None:
    link = read_link({"room": typed}, TABLE)
    assert link.values == {}
    (said,) = link.refusals
    assert "six letters and digits" in said


def test_no_shared_link_names_the_room() -> None:
    assert not ROOM.shared
    assert [setting.name for setting in SETTINGS if not setting.shared] == ["room"]


def test_the_axis_is_any_setting_of_the_run() -> None:
    assert read_link({"across": "hidden_size"}, TABLE).values == {"across": "hidden_size"}
    assert read_link({"across": "nonsense"}, TABLE).refusals
