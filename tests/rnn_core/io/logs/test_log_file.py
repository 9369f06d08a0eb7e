from __future__ import annotations

import pytest

from rnn_core.io.logs import Choice, LogFile, read_log


def file(text: str) -> LogFile:
    return read_log(text.encode(), "runs.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # TensorBoard's own download
        (
            "Wall time,Step,Value\n1700000000.1,0,2.5\n1700000010.2,1,1.5\n1700000010.3,2,1",
            Choice(("Value",), "Step"),
        ),
        # Lightning's CSVLogger
        (
            "epoch,step,train_loss,val_loss\n0,9,1.5,\n0,9,,1.2\n1,19,1.1,\n1,19,,1.0",
            Choice(("train_loss",), "step"),
        ),
        # Weights & Biases
        (
            "Step,a-1 - loss,a-1 - loss__MIN,b-2 - loss,b-2 - loss__MIN\n0,1,1,2,2\n1,3,3,4,4",
            Choice(("a-1 - loss", "b-2 - loss"), "Step"),
        ),
        # Keras' CSVLogger
        (
            "epoch,accuracy,loss,val_loss\n0,0.1,1.5,1.2\n1,0.2,1.1,1.0",
            Choice(("loss",), "epoch"),
        ),
        ("step\tseed_1\tseed_2\n0\t1\t2\n1\t.5\t.6", Choice(("seed_1", "seed_2"), "step")),
        ("run,step,loss\na,0,1\na,1,.5\nb,0,2\nb,1,.7", Choice(("loss",), "step", "run")),
        ("seed;step;loss\n1;0;1\n1;1;0,5\n2;0;2\n2;1;0,7", Choice(("loss",), "step", "seed")),
        ("who,step,loss\na,0,1\na,1,.5\nb,0,2\nb,1,.7", Choice(("loss",), "step", "who")),
        ("0.5\n0.4\n0.3", Choice(("column_1",))),
        ("1 0.5\n2 0.4\n3 0.4", Choice(("column_2",), "column_1")),
    ],
)
def test_what_common_tools_write_is_recognised(text: str, expected: Choice) -> None:
    assert file(text).guess() == expected


def test_wide_columns_are_runs() -> None:
    one, other = file("step,seed 0,seed 1\n0,1,2\n5,3,").runs(Choice(("seed 0", "seed 1"), "step"))
    assert (one.name, other.name) == ("runs.csv: seed 0", "runs.csv: seed 1")
    assert one.steps.tolist() == [0, 5]
    assert one.losses.tolist() == [1, 3]
    assert other.losses[0] == 2
    assert str(other.losses[1]) == "nan"


def test_a_column_tells_the_runs_of_a_long_table_apart() -> None:
    long = file("seed,step,loss\n1,0,1\n2,0,2\n1,5,3\n2,5,4")
    runs = long.runs(Choice(("loss",), "step", "seed"))
    assert [run.name for run in runs] == ["runs.csv: 1", "runs.csv: 2"]
    assert [run.losses.tolist() for run in runs] == [[1, 3], [2, 4]]


def test_rows_are_counted_where_there_is_no_step() -> None:
    (run,) = file("0.5\n0.4\n0.3").runs(Choice(("column_1",)))
    assert run.steps.tolist() == [0, 1, 2]


def test_what_is_missing_or_too_much_is_said() -> None:
    small = file("step,loss\n0,1\n1,2")
    with pytest.raises(ValueError, match=r"'runs\.csv' has no column 'val'\. Lay files beside"):
        small.runs(Choice(("val",), "step"))
    with pytest.raises(ValueError, match=r"Choose at least one loss\."):
        small.runs(Choice((), "step"))
    many = file("run,step,loss\n" + "\n".join(f"r{n},0,1" for n in range(51)))
    with pytest.raises(ValueError, match=r"Column 'run' tells 51 runs apart, more than 50\."):
        many.runs(Choice(("loss",), "step", "run"))
    assert many.guess().run is None
