"""The sample of mutants: what is drawn, which tests it gets, and when it counts as killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scipy.stats import binomtest

from tests.faults.mutants import (
    AREAS,
    ROOT,
    Mutant,
    Place,
    annotations,
    drawn,
    imported,
    mirror,
    near_and_far,
    table,
    wilson,
)


def test_the_areas_are_the_core_without_kernels_and_what_needs_no_streamlit() -> None:
    core, pages = AREAS["core"](ROOT), AREAS["pages"](ROOT)
    assert "rnn_core/engines/compiled_engine.py" in core
    assert "rnn_core/engines/kernels.py" not in core
    assert "dashboard/app/link.py" in pages
    assert "dashboard/train/page.py" not in pages
    assert {name.partition("/")[0] for name in pages} == {"dashboard"}


def test_every_module_of_the_areas_has_tests_of_its_name() -> None:
    modules = [*AREAS["core"](ROOT), *AREAS["pages"](ROOT)]
    bare = ("__init__.py", "version.py")  # what has no code has no tests
    missing = [name for name in modules if not (ROOT / mirror(name)).exists()]
    assert [name for name in missing if not name.endswith(bare)] == []


def test_a_module_gets_its_own_tests_first_and_then_those_that_import_from_it() -> None:
    near, others = near_and_far("rnn_core/training/verdict.py", ROOT)
    assert near == ["tests/rnn_core/training/test_verdict.py", "rnn_core/training/verdict.py"]
    *others, rules, refusals = others
    for single in (rules, refusals):
        file, _, test = single.partition("::")
        assert f"def {test}() -> None:" in (ROOT / file).read_text(encoding="utf-8")
    for name in others:
        assert "verdict" in (ROOT / name).read_text(encoding="utf-8")
        assert not name.startswith("tests/e2e/")


def test_imports_are_modules_and_names_out_of_them() -> None:
    source = "import a.b\ndef f():\n    from c import d as e\n"
    assert imported(source) == {"a.b", "c", "c.d"}


def test_annotations_are_found_with_their_extent() -> None:
    source = "x: int | None = 1 | 2\n\ndef f(a: int, *, b: str = 'c') -> float | int: ...\n"
    assert sorted(annotations(source)) == [
        ((1, 3), (1, 13)),
        ((3, 9), (3, 12)),
        ((3, 20), (3, 23)),
        ((3, 34), (3, 45)),
    ]


def test_a_seed_draws_the_same_mutants_and_passes_over_places_that_cannot_be_changed() -> None:
    places = [Place("m.py", line, (("operator", 0), ("operator", 1))) for line in range(1, 21)]

    def mutants(place: Place) -> list[Mutant]:
        if place.line % 2:
            return []
        return [Mutant(place.module, place.line, f"{number}") for _, number in place.changes]

    first = list(drawn(places, 5, 7, mutants))
    assert first == list(drawn(places, 5, 7, mutants))
    assert first != list(drawn(places, 5, 8, mutants))
    assert list(drawn(places, 3, 7, mutants)) == first[:3]
    assert len({one.line for one in first}) == 5
    assert all(one.line % 2 == 0 for one in first)
    assert len(list(drawn(places, 50, 7, mutants))) == 10


@pytest.mark.parametrize(("hits", "total"), [(0, 5), (170, 200), (80, 80)])
def test_the_interval_is_wilsons(hits: int, total: int) -> None:
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    assert wilson(hits, total) == pytest.approx(tuple(expected), abs=1e-4)


def test_the_table_counts_those_that_were_late_as_killed() -> None:
    tally = {("core/a", "killed"): 2, ("core/a", "survived"): 1, ("core/b", "late"): 1}
    parts = [line.partition(" killed, ") for line in table(tally).splitlines()]
    assert [before.split() for before, _, _ in parts] == [
        ["core/a", "2", "of", "3"],
        ["core/b", "1", "of", "1"],
        ["all", "3", "of", "4"],
    ]
    assert parts[-1][2] == " 75.0%, interval 30.1% to 95.4%"
    assert table({}) == ""


def test_killed_is_what_fails_a_test_that_passes_without_the_change(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "adding.py").write_text("def add(a, b):\n    return a + b\n")
    (tmp_path / "test_sum.py").write_text(
        "from adding import add\n"
        "def test_broken():\n    assert add(2, 2) != 0 and False\n"
        "def test_sum():\n    assert add(2, 2) == 4\n"
    )
    (tmp_path / "test_wait.py").write_text(
        "from adding import add\n"
        "import time\n"
        "def test_wait():\n    time.sleep(0 if add(2, 2) else 60)\n"
    )
    script = f"""
from pathlib import Path
from tests.faults.mutants import Mutant, Tests
tests = Tests(Path({str(tmp_path)!r}), 4, heavy=())
def outcome(change, *runs):
    found = tests.outcome(runs, Mutant("adding.py", 2, "def add(a, b):\\n    return " + change))
    print(found.word, found.test)
outcome("a - b\\n", [], ["test_sum.py::test_sum"])
outcome("a * b\\n", ["test_sum.py::test_sum"])
outcome("a - b\\n", ["test_sum.py::test_broken"])
outcome("a - b\\n", ["test_sum.py"])
outcome("a - b\\n", ["test_wait.py"])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert "test_broken" in done.stderr, done.stderr
    assert done.stdout.splitlines() == [
        "killed test_sum.py::test_sum",
        "survived ",
        "fails or is late without any change: test_sum.py::test_broken",
        "survived ",
        "killed test_sum.py::test_sum",
        "late test_wait.py",
    ]
    assert (tmp_path / "adding.py").read_text() == "def add(a, b):\n    return a + b\n"
