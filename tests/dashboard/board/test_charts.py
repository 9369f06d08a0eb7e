from __future__ import annotations

import pytest

from dashboard.app.language import use_language
from dashboard.board.charts import MOST_NAMES, PICKED, chart
from dashboard.board.report import DIVERGED
from dashboard.board.runs import MOST_GROUPS
from dashboard.board.settings import STEPS
from rnn_core import Floor
from tests.dashboard.board.rooms import class_runs, entry, seeds
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, rows, svg


def test_each_run_is_a_point_at_its_step_and_loss_that_can_be_picked() -> None:
    runs = class_runs(
        entry(1, "cell=gru&hidden_size=7&seed=9", 0.06, judged_at=40),
        entry(2, "seed=2", 0.4, hidden=True, judged_at=1_200),
        entry(3, "seed=3", None),
        entry(4, "seed=4", 0.2, status=DIVERGED),
    )
    drawn = chart(runs, STEPS)
    first, second = rows(drawn)["points"]
    assert (first["x"], first["loss"], first["contender"]) == (40.0, 0.06, "GRU")
    assert (first["name"], first["seed"], first["step"]) == ("Pupil 1", 9, 40)
    assert (first["seat"], second["seat"]) == (1, 2)
    assert second["link"] == "./?seed=2"
    assert rows(chart(runs, STEPS, "zh_CN"))["points"][1]["link"] == "./?seed=2&lang=zh_CN"
    assert first["settings"].startswith("7 · lr 0.02 · ")
    assert (second["x"], second["name"]) == (1_200.0, "–")
    assert datasets_in(drawn.spec) == set(drawn.tables)
    (picked,) = drawn.spec["params"]
    assert picked["name"] == PICKED
    assert picked["select"] == {"type": "point", "fields": ["seat"], "toggle": False}


def test_the_floors_that_all_share_are_lines_with_labels() -> None:
    drawn = chart(seeds([0.1, 0.2, 0.3]), STEPS)
    assert [row["loss"] for row in rows(drawn)["floors"]] == [0.55, 0.1]
    assert "memory inside" in svg(drawn, 900)
    other = entry(2, floors=(Floor("constant", 0.3, "exact"),))
    assert rows(chart(class_runs(entry(1), other), STEPS))["floors"] == []


def test_seeds_stand_side_by_side_in_a_box_with_their_median() -> None:
    drawn = chart(seeds([0.4, 0.1, 0.3, 0.2, 0.9]), "seed")
    points, (box,) = rows(drawn)["points"], rows(drawn)["groups"]
    assert (box["low"], box["median"], box["high"]) == pytest.approx((0.2, 0.3, 0.4))
    places = [row["x"] for row in points]
    assert all(box["left"] < place < box["right"] for place in places)
    assert len(set(places)) == 5
    # Whoever comes later moves nobody.
    more = chart(seeds([0.4, 0.1, 0.3, 0.2, 0.9, 0.5]), "seed")
    assert [row["x"] for row in rows(more)["points"]][:5] == places


def test_values_of_a_setting_stand_side_by_side_in_their_order() -> None:
    sizes = [32, 4, 4, 8, 4]
    runs = class_runs(*(entry(n, f"hidden_size={size}&seed={n}") for n, size in enumerate(sizes)))
    drawn = chart(runs, "hidden_size")
    assert [round(row["x"]) for row in rows(drawn)["points"]] == [2, 0, 0, 1, 0]
    assert len(rows(drawn)["groups"]) == 1  # of the only value with three runs
    picture = svg(drawn, 900)
    assert all(f">{size}</text>" in picture for size in (4, 8, 32))
    cells = class_runs(entry(1, "cell=gru"), entry(2, "cell=lstm"), entry(3))
    assert [round(row["x"]) for row in rows(chart(cells, "cell"))["points"]] == [2, 1, 0]


def test_what_a_run_does_not_read_is_a_value_of_its_own() -> None:
    runs = class_runs(
        entry(1, "cell=lstm&forget_bias=1"), entry(2, "cell=rnn"), entry(3, "cell=lstm")
    )
    assert [round(row["x"]) for row in rows(chart(runs, "forget_bias"))["points"]] == [
        2,
        0,
        1,
    ]


def test_many_values_are_an_axis_of_numbers() -> None:
    rates = [0.001 * 1.5**n for n in range(MOST_GROUPS + 1)]
    runs = class_runs(*(entry(n, f"lr={rate}&seed={n}") for n, rate in enumerate(rates)))
    drawn = chart(runs, "lr")
    assert [row["x"] for row in rows(drawn)["points"]] == pytest.approx(rates)
    assert rows(drawn)["groups"] == []
    (x,) = {layer["encoding"]["x"]["scale"]["type"] for layer in drawn.spec["layer"]
            if "scale" in layer.get("encoding", {}).get("x", {})}  # fmt: skip
    assert x == "log"


def test_nicknames_stand_beside_the_points_until_there_are_many() -> None:
    few = rows(chart(seeds([0.1] * 5), STEPS))
    assert len(few["names"]) + len(few["names_left"]) == 5
    late = class_runs(entry(1, judged_at=10), entry(2, judged_at=1_000))
    drawn = rows(chart(late, STEPS))
    assert [row["name"] for row in drawn["names"]] == ["Pupil 1"]
    assert [row["name"] for row in drawn["names_left"]] == ["Pupil 2"]
    many = rows(chart(seeds([0.1] * (MOST_NAMES + 1)), STEPS))
    assert many["names"] == many["names_left"] == []


def test_the_specification_stays_while_runs_go_on_and_come_in() -> None:
    before = chart(seeds([0.1, 0.2]), STEPS).spec
    assert chart(seeds([0.05, 0.2, 0.3], judged_at=5_000), STEPS).spec is before
    use_language("zh_CN")
    chinese = chart(seeds([0.1, 0.2]), STEPS).spec
    use_language("en")
    assert chinese is not before


def test_cells_keep_their_colours_when_another_comes() -> None:
    def colour(*cells: str) -> object:
        runs = class_runs(*(entry(n, f"cell={cell}") for n, cell in enumerate(cells)))
        spec = chart(runs, STEPS).spec
        scales = [
            layer["encoding"]["color"]["scale"]["domain"]
            for layer in spec["layer"]
            if "scale" in layer["encoding"].get("color", {})
        ]
        return scales[0]

    assert colour("gru") == colour("gru", "rnn")


def test_a_room_without_a_loss_has_an_empty_chart() -> None:
    drawn = chart(seeds([None, None]), STEPS)
    assert rows(drawn)["points"] == []
    assert "held-out loss" in svg(drawn)
    assert "held-out loss" in svg(chart((), STEPS))


def test_losses_of_symbols_are_in_nats() -> None:
    drawn = chart(class_runs(entry(1, symbols=True)), STEPS)
    assert "cross-entropy, nats" in svg(drawn, 900)


def test_a_loss_of_zero_has_a_place_on_the_axis() -> None:
    drawn = chart(seeds([0.0, 0.1, 0.2]), "seed")
    assert rows(drawn)["points"][0]["loss"] == 1e-12


def test_the_chart_looks_as_it_was_confirmed() -> None:
    cells = class_runs(*(entry(n, f"cell={('rnn', 'gru')[n % 2]}&seed={n}") for n in range(8)))
    expect_looks(
        "board",
        [
            chart(seeds([0.4, 0.1, 0.3, 0.2, 0.9]), "seed"),
            chart(seeds([0.4, 0.1, 0.3]), STEPS),
            chart(cells, "cell"),
        ],
    )
