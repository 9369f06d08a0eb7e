from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.app.text import harmless
from dashboard.board.nickname import LONGEST, cleaned, numbered
from tests.faults.strangers import MARKUP


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ada", "Ada"),
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("小明", "小明"),
        ("Zoë-Marie O'Neil", "Zoë-Marie O'Neil"),
        ("नमिता", "नमिता"),
        ("🐙 7", "🐙 7"),
        ("Ada\u202egnol\u202c", "Adagnol"),
        ("A\u200bd\u2066a\x00\n", "Ada"),
        ("=1+1", "11"),
        ("-2", "2"),
        ("<b>Ada</b>", "bAdab"),
        ("Ｆｕｌｌ", "Full"),
        ("Z" + "\u0301" * 30 + "algo", "\u0179\u0301\u0301algo"),
        ("\u0301", ""),
        ("...", ""),
        ("", ""),
        ("x" * 1_000, "x" * LONGEST),
    ],
)
def test_letters_stay_and_what_means_something_elsewhere_goes(typed: str, name: str) -> None:
    assert cleaned(typed) == unicodedata.normalize("NFKC", name)


@given(st.text(max_size=100) | st.sampled_from(MARKUP))
def test_whatever_is_typed_a_nickname_is_short_one_line_and_no_markup(typed: str) -> None:
    name = cleaned(typed)
    assert len(name) <= LONGEST
    assert name == name.strip()
    assert cleaned(name) == name
    assert not re.search(r"[`*_\[\]<>$~|#\\&{}!:/@=+%\"();,?^\n\t]", name)
    assert all(unicodedata.category(sign)[0] != "C" for sign in name)
    assert harmless(name).strip("` ") == name or not name.isascii()


def test_who_comes_later_with_the_same_nickname_gets_a_number() -> None:
    assert numbered("Ada", frozenset()) == "Ada"
    assert numbered("ada", frozenset({"Ada"})) == "ada 2"
    assert numbered("Ada", frozenset({"Ada", "Ada 2", "ADA 3"})) == "Ada 4"
    long = "x" * LONGEST
    assert numbered(long, frozenset({long})) == "x" * (LONGEST - 2) + " 2"
