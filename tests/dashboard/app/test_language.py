from __future__ import annotations

import re
import threading

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from dashboard.app.language import (
    LANGUAGES,
    LOCALE_DIRECTORY,
    current_language,
    gettext,
    language_of,
    use_language,
)

TRANSLATIONS = [code for code in LANGUAGES if code != "en"]


def read_catalogue(code: str) -> Catalog:
    with (LOCALE_DIRECTORY / code / "LC_MESSAGES" / "dashboard.po").open("rb") as file:
        return read_po(file, locale=code)


def texts_on_screen() -> set[str]:
    """All texts that `make texts` extracts."""
    root = LOCALE_DIRECTORY.parents[1]
    (sources,) = re.findall("^SOURCES := (.*)$", (root / "Makefile").read_text(), re.MULTILINE)
    texts: set[str] = set()
    for source in map(root.joinpath, sources.split()):
        if source.is_dir():
            texts.update(entry[2] for entry in extract_from_dir(source))
        else:
            texts.update(entry[1] for entry in extract_from_file("python", source))
    return texts


def test_the_texts_of_all_modules_are_extracted() -> None:
    texts = texts_on_screen()
    assert {"Train", "Compare"} <= texts  # the navigation
    assert "{name} must be {rule}, got {value!r}. Try {default!r}." in texts  # rnn_core
    assert "Pause" in texts


def test_the_entry_point_has_no_text_of_its_own() -> None:
    root = LOCALE_DIRECTORY.parents[1]
    assert list(extract_from_file("python", root / "streamlit_app.py")) == []


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_every_text_on_the_screen_is_translated_and_nothing_else(code: str) -> None:
    translated = {entry.id for entry in read_catalogue(code) if entry.id and entry.string}
    assert translated == texts_on_screen()


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_translations_keep_the_placeholders(code: str) -> None:
    braces = re.compile(r"{[^}]*}")
    for entry in read_catalogue(code):
        if entry.id:
            expected = sorted(braces.findall(entry.id))
            assert sorted(braces.findall(entry.string)) == expected, entry.id


def test_texts_are_in_the_language_in_use_and_english_where_unknown() -> None:
    try:
        use_language("zh_CN")
        assert gettext("Reset") == "重置"
        assert gettext("no such text") == "no such text"
        use_language("tlh")
        assert gettext("Reset") == "Reset"
    finally:
        use_language("en")


def test_each_thread_speaks_its_own_language() -> None:
    warmup: list[str] = []
    other = threading.Thread(target=lambda: warmup.append(current_language()))
    try:
        use_language("zh_CN")
        other.start()
        other.join()
    finally:
        use_language("en")
    assert warmup == ["en"]


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh_CN"), ("zh-TW", "zh_CN"), ("en-GB", "en"), ("de", "en"), (None, "en")],
)
def test_the_browsers_locale_chooses(locale: str | None, language: str) -> None:
    assert language_of(locale) == language
