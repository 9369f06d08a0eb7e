from __future__ import annotations

import math
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.app.link import LONGEST_QUERY, parse, query, read_link, write, write_link
from dashboard.app.settings import RUN_SETTINGS, PageSetting, checked, table_of
from dashboard.compare import settings as compare_settings
from dashboard.train import settings as train_settings
from rnn_core import CELLS, RULES, TASKS
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

TABLE = table_of((*train_settings.SETTINGS, *compare_settings.SETTINGS))


def read(**parameters: str) -> tuple[dict[str, Any], list[str]]:
    link = read_link(parameters, TABLE)
    return dict(link.values), list(link.refusals)


def values(rule: Rule) -> st.SearchStrategy[Any]:
    """All that a rule allows."""
    if isinstance(rule, Nullable):
        return st.none() | values(rule.rule)
    if isinstance(rule, Choice):
        return st.sampled_from(rule.options)
    if isinstance(rule, Flag):
        return st.booleans()
    if isinstance(rule, IntRange):
        return st.integers(rule.low, rule.high)
    return st.floats(rule.low, rule.high, exclude_min=rule.open_low)


@given(st.data())
def test_what_is_written_is_read_again(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RULES)))
    value = data.draw(values(RULES[name]))
    assert parse(write(value), RULES[name]) == value


@given(st.data())
def test_a_link_gives_back_the_settings_it_was_written_from(data: st.DataObject) -> None:
    task = data.draw(st.sampled_from(tuple(TASKS)))
    names = data.draw(st.sets(st.sampled_from(sorted(set(TABLE) - {"task", "vs"}))))
    chosen = {name: data.draw(values(TABLE[name].rule(task))) for name in sorted(names)}
    parameters = write_link({"task": task, **chosen}, TABLE)
    link = read_link(parameters, TABLE)
    assert link.refusals == ()
    for name, setting in TABLE.items():
        wanted = chosen.get(name, setting.default(task))
        if name not in ("task", "vs"):
            assert link.values.get(name, setting.default(task)) == wanted
    # What has its default is not in a link, but for what may begin with something else.
    for name in chosen:
        named = getattr(TABLE[name], "named", False)
        assert (name in parameters) == (named or chosen[name] != TABLE[name].default(task))


OTHERS = ("", " ", "true", "9" * 5000, "![x](http://a.invalid/b.png)")
NUMBERS = ("nan", "inf", "-inf", "1e400", "1e3", "0x10", "1_0", "2147483648", "-1", "-3.14159")
CONTENDERS = ("cell:rnn;cell:lstm", "lr:inf;lr:nan", ";" * 9, "hidden_size:1e400;cell:rnn", "lr:;")
WILD_TEXT = st.text() | st.sampled_from((*NUMBERS, *CONTENDERS, *OTHERS))


@given(st.dictionaries(st.sampled_from(sorted(TABLE)) | st.text(max_size=200), WILD_TEXT))
def test_no_link_is_an_error_and_what_it_gives_is_allowed(parameters: dict[str, str]) -> None:
    link = read_link(parameters, TABLE)
    task = link.values.get("task", "sin_to_cos")
    for name, value in link.values.items():
        assert checked(TABLE[name], task, value) == value
    unread = {name for name in parameters if name in ("embed", "embed_options")}
    assert len(link.values) + len(link.refusals) == len(parameters) - len(unread)
    write_link(link.values, TABLE)


@pytest.mark.parametrize("name", ["seed", "seeds", "span_seeds", "step_limit", "hidden_size"])
@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e400", "9" * 5000, "", "2.5", "many"])
def test_what_is_no_whole_number_is_refused(name: str, text: str) -> None:
    chosen, (refusal,) = read(**{name: text})
    assert chosen == {}
    assert "It must be a whole number from" in refusal
    assert f"{TABLE[name].default('sin_to_cos')} is used instead." in refusal


@pytest.mark.parametrize("text", ["3.1415", "-3.14159", str(math.pi), str(-math.pi)])
def test_the_ends_of_a_rule_can_be_had(text: str) -> None:
    assert read(phase=text) == ({"phase": float(text)}, [])


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("LSTM", Choice(("rnn", "lstm")), "lstm"),
        ("lst", Choice(("rnn", "lstm")), "lst"),  # the rule will refuse it
        ("True", Flag(), True),
        ("yes", Flag(), "yes"),
        ("7.0", IntRange(1, 9), 7),
        ("1e3", IntRange(1, 9000), 1000),
        ("", Nullable(FloatRange(0, 1), "off"), None),
        ("20", Nullable(IntRange(1, 99), "off"), 20),
    ],
)
def test_texts_are_read_tolerantly(text: str, rule: Rule, value: object) -> None:
    assert parse(text, rule) == value


def test_a_link_is_read_tolerantly() -> None:
    link = {
        "cell": "LSTM",
        "hidden_size": "64",
        "lr": "0.013",
        "carry_state": "False",
        "clip_norm": "",
        "forget_bias": "1",
        "pace": "max",
        "lang": "zh_CN",
        "embed": "true",
    }
    assert read(**link) == (
        {
            "cell": "lstm",
            "hidden_size": 64,
            "lr": 0.013,
            "carry_state": False,
            "clip_norm": None,
            "forget_bias": 1.0,
            "pace": "max",
            "lang": "zh_CN",
        },
        [],
    )


@pytest.mark.parametrize(
    ("name", "text", "rule", "used"),
    [
        ("hidden_size", "999", "a whole number from 1 to 256", "32"),
        ("lr", "-1", "above 0, up to 10", "0.02"),
        ("lr", "nan", "above 0, up to 10", "0.02"),
        ("cell", "lsmt", f"one of {', '.join(CELLS)}", "rnn"),
        ("carry_state", "maybe", "true or false", "true"),
        ("clip_norm", "0", "empty, or above 0, up to 100", "off"),
        ("pace", "7", "one of 1, 5, 20, max", "1"),
        ("step_limit", "0", "a whole number from 1 to 1000000", "100000"),
    ],
)
def test_a_refused_value_is_told_with_its_rule_and_what_is_used_instead(
    name: str, text: str, rule: str, used: str
) -> None:
    assert read(**{name: text}) == (
        {},
        [f"The link asks for `{name}`=`{text}`. It must be {rule}. {used} is used instead."],
    )


def test_unknown_names_are_told_with_what_was_probably_meant() -> None:
    assert read(hiden_size="3", q="1") == (
        {},
        [
            "The link sets `hiden_size`, which does not exist. Did you mean hidden_size?",
            "The link sets `q`, which does not exist.",
        ],
    )


def test_the_task_is_read_first_as_limits_and_defaults_are_its_own() -> None:
    assert read(window_length="15", task="copy") == (
        {"task": "copy"},
        [
            "The link asks for `window_length`=`15`. It must be a whole number from 21 to 200. "
            "30 is used instead."
        ],
    )
    assert read(window_length="15", task="anbn") == ({"task": "anbn", "window_length": 15}, [])
    assert read(window_length="500")[0] == {}


def test_a_task_without_clipping_can_be_asked_for() -> None:
    # The adding problem clips by default.
    written = write_link({"task": "adding", "clip_norm": None}, TABLE)
    assert written == {"task": "adding", "clip_norm": ""}
    assert read(**written) == ({"task": "adding", "clip_norm": None}, [])
    assert write_link({"task": "adding", "clip_norm": 1.0}, TABLE) == {"task": "adding"}


def test_settings_that_are_not_read_are_left_out() -> None:
    assert write_link({"momentum": 0.5, "lr": 0.5}, TABLE, ["momentum"]) == {"lr": "0.5"}


def test_a_setting_may_parse_its_own_text() -> None:
    def positive(text: str) -> int:
        if not text.isdigit():
            raise ValueError("Digits only.")
        return int(text)

    table = {"n": PageSetting("n", None, 0, parse=positive, write=str)}
    assert read_link({"n": "12"}, table).values == {"n": 12}
    assert read_link({"n": "*x*"}, table).refusals == ("The link asks for `n`=`*x*`. Digits only.",)
    assert write_link({"n": 12}, table) == {"n": "12"}


def test_a_setting_that_may_begin_with_something_else_is_named_once_it_was_chosen() -> None:
    table = table_of([PageSetting("n", IntRange(0, 9), 5, named=True)])
    assert write_link({}, table) == {}
    assert write_link({"n": 5}, table) == {"n": "5"}
    assert write_link({"n": 5}, table, ["n"]) == {}


def test_nothing_from_a_link_is_markdown() -> None:
    image = "![x](http://example.invalid/a.png)"
    _values, refusals = read(**{"lr": image, image: "1", "vs": f"{image};cell:rnn"})
    assert len(refusals) == 3
    for refusal in refusals:
        outside = "".join(refusal.split("`")[::2])
        assert "](" not in outside
        assert "http" not in outside


def test_a_link_is_parsed_without_the_diagnostics() -> None:
    program = (
        "import sys\n"
        "from dashboard.app.link import read_link\n"
        "from dashboard.app.settings import table_of\n"
        "from dashboard.compare.settings import SETTINGS as compare\n"
        "from dashboard.train.settings import SETTINGS as train\n"
        "link = read_link({'look': 'phase', 'preset': 'own', 'vs': 'cell:rnn;cell:gru',"
        " 'task': 'adding'}, table_of((*train, *compare)))\n"
        "assert not link.refusals and len(link.values) == 4\n"
        "print(*(name for name in sys.modules"
        " if name.startswith(('rnn_core.diagnostics', 'streamlit', 'altair'))))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (said.stdout.strip(), said.stderr) == ("", "")


def test_every_run_setting_is_in_the_table() -> None:
    assert set(RUN_SETTINGS) < set(TABLE)


def test_the_query_of_an_address_can_be_read_back() -> None:
    parameters = {"clip_norm": "", "vs": "lstm,lr=0.1&cell", "lang": "zh_CN"}
    address = query(parameters)
    assert address.startswith("?clip_norm=&vs=lstm")
    assert dict(parse_qsl(address[1:], keep_blank_values=True)) == parameters


def test_a_link_is_never_longer_than_programs_take() -> None:
    table = table_of(
        [
            *compare_settings.SETTINGS,
            *train_settings.SETTINGS,
            PageSetting("file", None, "", parse=str),
            PageSetting("columns", None, "", parse=str),
        ]
    )
    longest = {
        name: max(setting.rule("delayed_recall").options, key=len)
        if isinstance(setting.rule("delayed_recall"), Choice)
        else 0.1 + 1e-16
        for name, setting in RUN_SETTINGS.items()
    }
    names = {"file": "文" * 100, "columns": ",".join(["长" * 50] * 40)}
    parameters = write_link({**longest, "task": "delayed_recall", **names}, table)
    assert len(query(parameters)) <= LONGEST_QUERY < 1_900
    assert "columns" not in parameters
    assert parameters["file"] == names["file"]
    assert parameters.keys() >= longest.keys() - {"task"}
