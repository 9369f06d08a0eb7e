from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dashboard.app.glossary import GLOSSARY, definition, definitions, explained, in_order
from dashboard.app.language import use_language


@pytest.fixture
def chinese() -> Iterator[None]:
    use_language("zh_CN")
    yield
    use_language("en")


def test_every_term_is_a_link_name_and_is_defined_in_a_sentence() -> None:
    for key, term in GLOSSARY.items():
        assert re.fullmatch(r"[a-z-]+", key)
        assert term.explanation.endswith(".")
        assert len(term.explanation) < 250
    assert definitions()["floor"] == definition("floor")


def test_a_form_belongs_to_one_term() -> None:
    forms = [form for term in GLOSSARY.values() for form in term.forms.split("|")]
    assert len(forms) == len(set(forms))


def test_the_first_occurrence_of_each_term_is_marked() -> None:
    assert explained("A floor, and two floors: **held-out loss** 0.1.") == (
        "A [floor](#term-floor), and two floors: **[held-out loss](#term-held-out-loss)** 0.1."
    )


def test_the_longest_term_wins_and_capitals_stay() -> None:
    assert explained("Gradient norm 2") == "[Gradient norm](#term-gradient-norm) 2"


@pytest.mark.parametrize(
    "text",
    [
        "`window`",
        "$window$",
        "[the floor](https://example.org)",
        ":material/step:",
        "windowed",
        "step 3",
        "",
    ],
)
def test_code_formulas_links_icons_parts_of_words_and_everyday_words_stay(text: str) -> None:
    assert explained(text) == text


@pytest.mark.usefixtures("chinese")
def test_chinese_terms_are_marked_inside_a_sentence() -> None:
    assert explained("留出损失低于下限。") == (
        "[留出损失](#term-held-out-loss)低于[下限](#term-floor)。"
    )


@pytest.mark.usefixtures("chinese")
def test_chinese_terms_are_sorted_by_sound() -> None:
    titles = [term.title for term in in_order()]
    assert titles.index("参数") < titles.index("窗口") < titles.index("下限") < titles.index("种子")


def test_english_terms_are_sorted_whatever_their_case() -> None:
    titles = [term.title for term in in_order()]
    assert titles.index("memory") < titles.index("NRMSE") < titles.index("online loss")
