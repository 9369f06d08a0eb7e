from __future__ import annotations

import inspect
import re
from itertools import product

import pytest
import torch
from torch import nn

from dashboard.app.language import LANGUAGES
from dashboard.learn.lesson import (
    _LESSONS,
    ChoiceExercise,
    NumberExercise,
    code_place,
    prose,
)
from dashboard.learn.registry import LESSONS, lesson
from rnn_core import TASKS, RunConfig, build_task, parameter_count
from tests.e2e.app import ROOT


def test_a_number_is_right_within_its_tolerance() -> None:
    exercise = NumberExercise("", 0.2, 0.001, "")
    assert [exercise.check(given) for given in (0.2, 0.199, 0.201, 0.2011, float("nan"))] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_choice_is_right_if_it_is_the_right_one() -> None:
    exercise = ChoiceExercise("", ("a", "b"), 1, "")
    assert [exercise.check(n) for n in (0, 1)] == [False, True]


@pytest.mark.parametrize("key", LESSONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_has_prose_of_two_hundred_words_in_every_language(
    key: str, language: str
) -> None:
    assert (_LESSONS / key / f"{language}.md").exists()
    text = prose(key, language)
    if language == "zh_CN":
        # Two Chinese characters stand for about one English word.
        assert 280 <= len(re.findall("[\u4e00-\u9fff]", text)) <= 520
        assert not re.search("[\u4e00-\u9fff] ?[,;:?!] ?[\u4e00-\u9fff]", text), "ASCII punctuation"
    else:
        assert 170 <= len(text.split()) <= 260
        assert not re.search("[\u4e00-\u9fff]", text)


def test_prose_falls_back_to_english() -> None:
    assert prose("carry", "tlh") == prose("carry", "en")


@pytest.mark.parametrize("key", LESSONS)
def test_the_code_of_a_lesson_is_in_the_repository(key: str) -> None:
    for reference in lesson(key).code:
        place = code_place(reference)
        lines = (ROOT / place.path).read_text(encoding="utf-8").splitlines()
        assert lines[place.line - 1].strip() == place.text.splitlines()[0]
        assert inspect.cleandoc(place.text) == place.text


@pytest.mark.parametrize("key", LESSONS)
def test_a_lesson_can_be_watched_and_is_sourced(key: str) -> None:
    found = lesson(key)
    assert len(set(found.options)) == 3
    assert 0 <= found.right < 3
    assert len({one.key for one in found.variants}) == len(found.variants)
    assert found.variant("no such") is found.variants[0]
    assert found.variant(found.variants[-1].key) is found.variants[-1]
    for one in found.variants:
        build_task(one.config)
    assert found.sources
    assert all(source.address.startswith("https://") for source in found.sources)


def exercise(key: str) -> NumberExercise:
    found = lesson(key).exercise
    assert isinstance(found, NumberExercise)
    return found


def floor(config: RunConfig, key: str) -> float:
    (value,) = [floor.value for floor in build_task(config).floors() if floor.key == key]
    return value


def test_answers_agree_with_an_independent_computation() -> None:
    task = TASKS["sin_to_cos"]
    assert exercise("memoryless").check(floor(task.config(amplitude=2.0), "memoryless"))
    six = task.config(window_length=6, points_per_period=10)
    assert exercise("carry").check(floor(six, "window_memory"))
    sine = TASKS["noisy_sine"].config(points_per_period=36, delay=1, noise_std=0.0)
    assert exercise("persistence").check(floor(sine, "persistence"))
    sizes = range(1, 40)
    lstm = [parameter_count(RunConfig(cell="lstm", hidden_size=size)) for size in sizes]
    nearest = min(sizes, key=lambda size: abs(lstm[size - 1] - parameter_count(RunConfig())))
    assert exercise("price").check(nearest)
    assert not exercise("price").check(nearest + 1)
    output, (last, _cell) = nn.LSTM(3, 20, 2, batch_first=True)(torch.zeros(5, 7, 3))
    assert exercise("shapes").check(output.numel())
    assert tuple(last.shape) == (2, 5, 20)
    unit = nn.RNN(1, 1, bias=False)
    with torch.no_grad():
        unit.weight_ih_l0.fill_(1.0)
        unit.weight_hh_l0.fill_(0.5)
        states, _last = unit(torch.full((2, 1, 1), 0.5))
    assert exercise("memory").check(float(states[1, 0, 0]))
    sigmoid = float(torch.sigmoid(torch.tensor(1.0)))
    assert exercise("vanishing").check(sigmoid**10)
    assert exercise("portrait").check(360 / 18)
    assert exercise("curve").check(1 * 0.1**3)
    # All windows of 16 bits in a row.
    assert exercise("delay").check(len(set(product((-1, 1), repeat=16))))


def test_adams_step_is_as_large_as_the_exercise_says() -> None:
    # After a long calm one gradient arrives, whose size does not matter.
    for size in (1.0, 1000.0):
        weight = torch.zeros(1, requires_grad=True)
        adam = torch.optim.Adam([weight], lr=0.02, betas=(0.9, 0.999))
        for gradient in [0.0] * 5_000 + [size]:
            weight.grad = torch.tensor([gradient])
            adam.step()
        assert exercise("collapse").check(-weight.item())
