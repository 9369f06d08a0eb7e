"""Streamlit's words about the theme."""

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from dashboard.app.kept_theme import keep_theme

SECTIONS = ["theme", "theme.dark", "theme.sidebar"]


def test_the_theme_is_written_once_as_streamlit_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    original = app_session._populate_theme_msg

    def write(message: CustomThemeConfig, section: str = "theme") -> None:
        written.append(section)
        original(message, section)

    expected = []
    for section in SECTIONS:
        expected.append(CustomThemeConfig())
        original(expected[-1], section)
    assert expected[0].ByteSize()  # this app has a theme
    monkeypatch.setattr(app_session, "_populate_theme_msg", write)
    keep_theme()
    keep_theme()
    for _ in range(3):
        for section, right in zip(SECTIONS, expected, strict=True):
            message = CustomThemeConfig()
            app_session._populate_theme_msg(message, section)
            assert message == right
            assert message.SerializeToString() == right.SerializeToString()
    assert written == SECTIONS
    config._on_config_parsed.send()
    app_session._populate_theme_msg(CustomThemeConfig())
    assert written == [*SECTIONS, "theme"]


def test_a_section_that_says_nothing_is_not_there() -> None:
    whole = CustomThemeConfig()
    keep_theme()
    app_session._populate_theme_msg(whole.dark.sidebar, "theme.dark.nothing")
    assert not whole.HasField("dark")


def test_without_its_name_streamlit_goes_on_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app_session, "_populate_theme_msg")
    keep_theme()
    assert not hasattr(app_session, "_populate_theme_msg")
