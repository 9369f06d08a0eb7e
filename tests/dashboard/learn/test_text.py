from __future__ import annotations

import math

from dashboard.app.link import read_link
from dashboard.app.settings import table_of
from dashboard.learn import text
from dashboard.learn.answers import Answers
from dashboard.learn.lesson import Outcome, code_place, prose
from dashboard.learn.registry import lesson
from dashboard.learn.settings import SETTINGS
from rnn_core import RunConfig
from rnn_core.messages import Message
from tests.dashboard.runs import run_after

CARRY = lesson("carry")


def outcome(option: int) -> Outcome:
    return Outcome(
        option,
        Message("{n} runs", {"n": 3}),
        ((Message("a | b"), "1"), (Message("c"), Message("d"))),
    )


def test_the_progress_names_the_step_that_decides_until_it_is_reached() -> None:
    frame = run_after(3, RunConfig()).frame()
    assert text.progress(frame, 400).startswith("Step 3 of 400 · online loss 0.")
    assert text.progress(frame, 3).startswith("Step 3 · online loss 0.")
    assert f"held-out loss {frame.verdict.loss.mean:.4g}" in text.progress(frame, 3)


def test_a_prediction_comes_true_or_not() -> None:
    assert text.headline(CARRY, outcome(1), 1).endswith(
        "**As you predicted.** To 0.10: one point in ten stays unknowable."
    )
    assert text.headline(CARRY, outcome(1), 0).endswith(
        "**Not as you predicted.** To 0.10: one point in ten stays unknowable."
    )


def test_the_result_has_both_and_the_numbers() -> None:
    said = text.result(CARRY, outcome(1), 2)
    assert "**You predicted:** To 0: ten points are enough." in said
    assert "To 0.10: one point in ten stays unknowable. 3 runs" in said
    assert "exception" not in said


def test_a_seed_that_breaks_the_promise_is_called_an_exception() -> None:
    said = text.result(CARRY, outcome(2), 2)
    assert "This seed is an exception. With most seeds it is: To 0.10" in said


def test_measurements_are_a_table() -> None:
    assert text.measured(outcome(0)).splitlines() == [
        "| measured | value |",
        "|---|---|",
        "| a \\| b | 1 |",
        "| c | d |",
    ]
    assert text.measured(Outcome(0, Message("x"))) == ""


def test_the_chosen_prediction_is_marked() -> None:
    lines = text.committed(CARRY, 1)
    assert ["checked" in line and "unchecked" not in line for line in lines] == [
        False,
        True,
        False,
    ]


def test_the_runs_behind_a_result_are_named() -> None:
    assert text.runs_of(CARRY, 7) == "From the run with seed 7."
    assert text.runs_of(lesson("price"), 7) == "From runs with 5 seeds, beginning with 7."


def test_a_link_opens_a_variant_on_the_train_page() -> None:
    for variant in CARRY.variants:
        choices = {"lesson": "carry", "answers": Answers({4: 1}), "lang": "zh_CN", "pace": "max"}
        address = text.train_link(variant, 5, choices)
        assert address.startswith("./?")
        query = dict(pair.split("=") for pair in address[3:].split("&"))
        link = read_link(query, table_of(SETTINGS))
        assert link.refusals == ()
        kept = {name: link.values[name] for name in ("lesson", "answers", "lang")}
        assert kept == {name: choices[name] for name in kept}
        run = {name: value for name, value in link.values.items() if name not in kept}
        assert RunConfig(**run).to_dict() == variant.config.to_dict() | {"seed": 5}


def test_divergence_and_waiting_are_sentences() -> None:
    run = run_after(0, RunConfig(optimizer="sgd", lr=10.0))
    assert text.diverged(run.frame()) == ""
    assert text.waiting(run.frame(), 30) == "The result comes at step 30. Press **Run**."
    run.play()
    run.tick(None, 10_000)
    while run.frame().diverged_at is None:
        run.tick(100, 10_000)
    assert "stopped being a finite number" in text.diverged(run.frame())
    assert "Reset" in text.waiting(run.frame(), 30)


def test_a_lesson_is_assigned_by_a_link_to_this_page() -> None:
    link = text.assignment("https://school.example/learn?lesson=memory&answers=1b", "carry")
    assert link == "https://school.example/learn?lesson=carry&hide=lessons"
    locked = text.assignment("https://school.example/learn", "carry", 7)
    assert locked == "https://school.example/learn?lesson=carry&seed=7&lock=true"


def test_a_lesson_takes_as_long_as_its_text_its_runs_and_an_exercise() -> None:
    words = len(prose("carry", "en").split())
    watching = 2 * CARRY.steps / CARRY.pace * 0.075 / 60
    assert text.minutes(CARRY) == math.ceil(words / 150 + watching + 2)
    assert "About 4 minutes" in text.outline(CARRY)


def test_code_is_named_by_file_and_line() -> None:
    place = code_place("rnn_core.training.verdict:judge")
    assert text.code_title(place) == f"`rnn_core/training/verdict.py`, line {place.line}"
