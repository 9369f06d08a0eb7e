from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from dashboard.compare.memory_span.charts import capacity_by_lag, delays_passed, present_delay
from rnn_core import SpanResult
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, rows, svg
from tests.dashboard.spans import BASE, after, measured, span

NAMES = ("carried", "reset")


@pytest.mark.parametrize("draw", [delays_passed, present_delay, capacity_by_lag])
def test_a_chart_has_a_title_exactly_its_data_and_one_specification(draw: object) -> None:
    first = draw(span().frame())  # type: ignore[operator]
    chart = draw(after(30, span()).frame())  # type: ignore[operator]
    assert chart.spec is first.spec
    assert chart.alt == first.alt
    assert chart.spec["title"]
    assert datasets_in(chart.spec) == set(chart.tables)
    assert json.loads(json.dumps(chart.spec)) == chart.spec


def test_the_networks_that_passed_are_counted_at_each_delay() -> None:
    frame = after(60, span()).frame()
    shown = rows(delays_passed(frame))["results"]
    expected = [
        (contender.name, result.delay, result.passed, f"{result.passed} / 2", result.passed / 2)
        for contender, results in zip(frame.contenders, frame.results, strict=True)
        for result in results
    ]
    keys = ("contender", "delay", "passed", "label", "share")
    assert [tuple(row[key] for key in keys) for row in shown] == expected
    assert max(row["passed"] for row in shown) == 2


def test_the_steps_needed_are_the_median_of_the_networks_that_passed() -> None:
    results = (
        (SpanResult(1, np.array([40.0, np.nan, 60.0])), SpanResult(2, np.full(3, np.nan))),
        (SpanResult(1, np.array([30.0, 31.0, 90.0])),),
    )
    frame = replace(span().frame(), seeds=3, results=results)
    shown = rows(delays_passed(frame))["results"]
    assert [row["steps"] for row in shown] == [50, -1, 31]
    assert [row["label"] for row in shown] == ["2 / 3", "0 / 3", "3 / 3"]


def test_every_delay_has_a_row_the_longest_one_on_top() -> None:
    frame = span().frame()
    drawing = svg(delays_passed(frame))
    axis = re.search(r'aria-label="Y-axis.*?role-axis-title', drawing, re.DOTALL)
    assert axis
    labels = re.findall(r"<text[^>]*translate\(-?[\d.]+,([\d.]+)\)[^>]*>(\d+)</text>", axis[0])
    heights = {int(label): float(height) for height, label in labels}
    assert sorted(heights) == sorted(frame.delays)
    assert sorted(heights, key=heights.__getitem__) == sorted(frame.delays, reverse=True)


def test_every_network_has_a_line_and_every_contender_its_threshold() -> None:
    frame = after(30, span()).frame()
    chart = present_delay(frame)
    lines = rows(chart)["lines"]
    assert {(line["network"], line["contender"]) for line in lines} == {
        (0, "carried"),
        (1, "carried"),
        (2, "reset"),
        (3, "reset"),
    }
    for network in range(4):
        own = [line for line in lines if line["network"] == network]
        np.testing.assert_array_equal([line["step"] for line in own], frame.curve_steps)
        np.testing.assert_array_equal(
            [line["loss"] for line in own], frame.curve[:, network // 2, network % 2]
        )
    thresholds = {row["contender"]: row["loss"] for row in rows(chart)["thresholds"]}
    assert thresholds == dict(zip(NAMES, frame.latest.threshold.tolist(), strict=True))


def test_a_network_that_has_diverged_has_no_further_points() -> None:
    frame = after(10, span()).frame()
    curve = frame.curve.copy()
    curve[4:, 1, 0] = np.inf
    lines = rows(present_delay(replace(frame, curve=curve)))["lines"]
    assert max(line["step"] for line in lines if line["network"] == 2) == frame.curve_steps[3]
    assert max(line["step"] for line in lines if line["network"] == 3) == frame.curve_steps[-1]


def test_only_contenders_that_are_still_active_have_lines() -> None:
    # With this learning rate, carried and reset networks learn equally little.
    frame = span(replace(BASE, lr=1e-6), seeds=1).frame()
    latest = replace(frame.latest, active=(1,), threshold=frame.latest.threshold[1:])
    chart = present_delay(replace(frame, latest=latest, curve=frame.curve[:, 1:]))
    assert {line["contender"] for line in rows(chart)["lines"]} == {"reset"}
    assert [row["contender"] for row in rows(chart)["thresholds"]] == ["reset"]


def test_each_contender_has_a_curve_of_its_untrained_and_one_of_its_trained_networks() -> None:
    frame = measured().frame()
    drawn = rows(capacity_by_lag(frame))
    kinds = {(row["contender"], row["networks"], row["delay"]) for row in drawn["lines"]}
    assert kinds == {
        (name, kind, delay) for name in NAMES for kind, delay in (("untrained", 0), ("trained", 1))
    }
    curve = frame.trained[1]
    assert curve is not None
    own = [
        row for row in drawn["lines"] if (row["contender"], row["networks"]) == ("reset", "trained")
    ]
    assert [row["lag"] for row in own] == list(range(21))
    np.testing.assert_allclose([row["mean"] for row in own], curve.by_lag.mean(axis=0)[:21])
    np.testing.assert_allclose([row["error"] for row in own], curve.error[:21])
    np.testing.assert_allclose([row["low"] for row in own], curve.by_lag.min(axis=0)[:21])
    np.testing.assert_allclose([row["high"] for row in own], curve.by_lag.max(axis=0)[:21])
    assert drawn["shares"] == [{"share": 0.5}]


def test_a_dot_stands_on_the_curve_at_the_delay_that_was_passed() -> None:
    frame = measured().frame()
    drawn = rows(capacity_by_lag(frame))
    assert [(row["contender"], row["lag"]) for row in drawn["spans"]] == [
        (name, 1) for name in NAMES
    ]
    for dot in drawn["spans"]:
        assert dot in drawn["lines"]
        assert dot["mean"] > frame.share  # what its own readout explains, the best one does too


def test_lags_are_drawn_as_far_as_something_is_remembered() -> None:
    frame = measured().frame()
    curve = frame.untrained[0]
    assert curve is not None
    (network, *_others) = curve.networks
    blocks = network.blocks.copy()
    blocks[:, 37] = 0.9
    longer = replace(curve, networks=(replace(network, blocks=blocks),))
    drawn = rows(capacity_by_lag(replace(frame, untrained=(longer, None))))["lines"]
    assert max(row["lag"] for row in drawn) == 37


def test_nothing_is_drawn_before_anything_is_measured() -> None:
    drawn = rows(capacity_by_lag(span().frame()))
    assert drawn["lines"] == drawn["spans"] == []


def test_they_look_as_they_did_when_somebody_looked() -> None:
    frame = measured().frame()
    charts = [delays_passed(frame), present_delay(frame), capacity_by_lag(frame)]
    expect_looks("memory-span", charts, data=False)
