"""How many faults the tests notice: a sample of small changes to the code, each tested.

Run with ``python -m tests.faults.mutants``; ``make mutants`` does. cosmic-ray finds the places
where an operator, a number, a comparison, a condition, a loop, an exception or a decorator can be
changed, and changes them. A place is drawn with the given seed, all being equally likely, and then
one of its changes. A whole run would take days. One that is stopped has tested the first mutants of
its sample, which are a sample as well: it prints its figures.

Each mutant gets the tests that mirror its module (``tests/rnn_core/x/test_y.py`` for
``rnn_core/x/y.py``) and the module's doctests, then, if it survives, all other tests that import
from the module, except those in a browser. It is killed if a test fails that passes without the
change, or does not end in time. Everything happens in a copy of the tree.

Left out: annotations, which nothing evaluates, and the compiled kernels: a mutant of theirs would
take a minute to compile. Tests of parity hold these to PyTorch's results.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import gc
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KERNELS = "rnn_core/engines/kernels.py"
#: Holds all dataclasses to their rules.
RULES = (
    "tests/test_project.py"
    "::test_values_do_not_change_and_those_with_arrays_are_compared_by_identity"
)
#: Calls every public function of the library with what it refuses.
REFUSALS = (
    "tests/rnn_core/test_abuse.py"
    "::test_the_limits_and_suggestions_of_refusals_are_those_that_were_read"
)
#: Imported once and inherited by every run of the tests, which would otherwise take seconds each.
HEAVY = (
    *("torch", "numba", "scipy.stats", "statsmodels.api", "pyarrow", "safetensors", "click"),
    *("altair", "streamlit", "pandas", "hypothesis.strategies", "pytest"),
)
OURS = ("rnn_core", "dashboard", "tests", "benchmarks", "examples", "docs")

Position = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """Where a module can be changed.

    Args:
        module: its file, from the root of the tree.
        line: from 1.
        changes: the names of cosmic-ray's operators, each with the number of the place among those
            that the operator finds in the module.
    """

    module: str
    line: int
    changes: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Mutant:
    """One change of a module.

    Args:
        module: its file, from the root of the tree.
        line: from 1.
        changed: the whole text after the change.
    """

    module: str
    line: int
    changed: str


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    Args:
        word: killed, late (its tests did not end in time) or survived.
        test: the test that failed.
    """

    word: str
    test: str = ""


def imported(source: str) -> set[str]:
    """The dotted names that a module imports: modules, and names out of them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def core(root: Path) -> list[str]:
    """The library's modules without its kernels."""
    files = (path.relative_to(root).as_posix() for path in (root / "rnn_core").rglob("*.py"))
    return sorted(file for file in files if file != KERNELS)


def pages(root: Path) -> list[str]:
    """The dashboard's modules that do not import Streamlit."""
    found = []
    for path in sorted((root / "dashboard").rglob("*.py")):
        names = imported(path.read_text(encoding="utf-8"))
        if not any(name.partition(".")[0] == "streamlit" for name in names):
            found.append(path.relative_to(root).as_posix())
    return found


AREAS: dict[str, Callable[[Path], list[str]]] = {"core": core, "pages": pages}


def dotted(file: str) -> str:
    """``rnn_core/io/__init__.py`` is ``rnn_core.io``."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def mirror(file: str) -> str:
    """The test file of the same name."""
    folder, _, name = file.rpartition("/")
    return f"tests/{folder}/test_{name.replace('__init__', 'init').replace('__main__', 'main')}"


def near_and_far(file: str, root: Path) -> tuple[list[str], list[str]]:
    """The tests that are near a module, and others that import from it."""
    # What is one of its kind is tested with all of them, in the tests of their registry.
    registry = Path(mirror(file)).with_name("test_registry.py").as_posix()
    near = [
        name for name in dict.fromkeys((mirror(file), file, registry)) if (root / name).exists()
    ]
    others = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        far = name in near or name.startswith(("tests/e2e/", "tests/faults/"))
        if not far and dotted(file) in imported(path.read_text(encoding="utf-8")):
            others.append(name)
    refusals = [REFUSALS] if file.startswith("rnn_core/") else []
    return near, [*others, RULES, *refusals]


def annotations(source: str) -> list[tuple[Position, Position]]:
    """From where to where each annotation goes: lines from 1, columns from 0."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node.returns)
    return [
        ((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0))
        for part in found
        if part is not None
    ]


def places(file: str, root: Path) -> list[Place]:
    """All places of a module that can be changed, in the text's order."""
    import cosmic_ray.plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    source = (root / file).read_text(encoding="utf-8")
    left_out = annotations(source)
    nodes = [node for node in ast_nodes(get_ast(source)) if _can_change(node)]
    found: dict[tuple[Position, Position, str], list[tuple[str, int]]] = defaultdict(list)
    for name in cosmic_ray.plugins.operator_names():
        kind = cosmic_ray.plugins.get_operator(name)
        if kind.arguments():
            continue  # needs names of variables
        family = name.rpartition("/")[2].partition("_")[0]
        spans = [span for node in nodes for span in kind().mutation_positions(node)]
        for occurrence, (start, end) in enumerate(spans):
            if not any(first <= start and end <= last for first, last in left_out):
                found[start, end, family].append((name, occurrence))
    return [Place(file, key[0][0], tuple(found[key])) for key in sorted(found)]


def _can_change(node: Any) -> bool:
    """Whether an operator may change a node of the tree: all but most of its leaves."""
    if node.type == "operator":
        if node.parent.type in ("parameters", "lambdef"):
            return False  # the star before keywords is no product
        return node.value not in set("()[]{}.,:;=")
    return node.type not in ("name", "string", "newline", "endmarker")


def changes(place: Place, root: Path) -> Iterator[Mutant]:
    """A place's changes that compile."""
    import cosmic_ray.plugins
    from cosmic_ray.mutating import mutate_code

    source = (root / place.module).read_text(encoding="utf-8")
    for name, occurrence in place.changes:
        operator = cosmic_ray.plugins.get_operator(name)()
        # cosmic-ray fails at exceptions with a dot in their name.
        with contextlib.suppress(AttributeError):
            changed = mutate_code(source, operator, occurrence)
            if changed != source and _compiles(changed):
                yield Mutant(place.module, place.line, changed)


def _compiles(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)  # no test would see it: Python says it
            compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def drawn(
    choices: Sequence[Place], count: int, seed: int, mutants: Callable[[Place], Iterable[Mutant]]
) -> Iterator[Mutant]:
    """One change of each of some places, in the order of the draw.

    Args:
        choices: all places.
        count: how many to draw; fewer where there are not so many that can be changed.
        seed: of the draw.
        mutants: the changes of a place, those that are possible.
    """
    draw = random.Random(seed)
    order = draw.sample(choices, len(choices))
    mixed = (
        replace(place, changes=draw.sample(place.changes, len(place.changes))) for place in order
    )
    possible = (next(iter(mutants(place)), None) for place in mixed)
    return islice((mutant for mutant in possible if mutant), count)


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share, of 95 %.

    Source: E. B. Wilson (1927), Probable inference, the law of succession, and statistical
    inference.
    """
    share, spread = hits / total, z * z / total
    middle = share + spread / 2
    half = z * (share * (1 - share) / total + spread / (4 * total)) ** 0.5
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def _write(path: Path, content: bytes) -> None:
    """Write a module, and forget its compiled form.

    That is judged by size and seconds, which may be the same.
    """
    path.write_bytes(content)
    for old in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        old.unlink()


class Tests:
    """Runs tests in a tree, each time in a new process that has the heavy libraries already."""

    def __init__(self, root: Path, seconds: float, heavy: Iterable[str] = HEAVY) -> None:
        """Import the heavy libraries.

        Args:
            root: of the tree.
            seconds: after which a run is ended.
            heavy: names of the libraries; those that are not installed are passed over.
        """
        for name in heavy:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        gc.freeze()  # what was imported is never searched for garbage
        self._root = root
        self._seconds = seconds
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._healthy: dict[tuple[str, ...], bool] = {}
        self._sick: set[str] = set()

    def outcome(self, runs: Iterable[Sequence[str]], mutant: Mutant) -> Outcome:
        """Run sets of test files with the mutant in the tree, up to the first failure."""
        for files in filter(None, runs):
            word, test = self._run_changed(files, mutant)
            while test not in self._sick | {""} and not self._pass_without((test,)):
                self._sick.add(test)  # which would hide those that come after it
                word, test = self._run_changed(files, mutant)
            if word == "survived":
                continue
            tests = (test,) if test else tuple(files)
            if not self._pass_without(tests):
                continue
            if word == "late":  # perhaps the kernels had to be compiled
                word, test = self._run_changed(files, mutant)
            if word != "survived":
                return Outcome(word, test or tests[0])
        return Outcome("survived")

    def _run_changed(self, tests: Sequence[str], mutant: Mutant) -> tuple[str, str]:
        path = self._root / mutant.module
        original = path.read_bytes()
        _write(path, mutant.changed.encode())
        try:
            return self._run(tests)
        finally:
            _write(path, original)

    def _pass_without(self, tests: tuple[str, ...]) -> bool:
        if tests not in self._healthy:
            self._healthy[tests] = self._run(tests)[0] == "survived"
            if not self._healthy[tests]:
                print(f"fails or is late without any change: {' '.join(tests)}", flush=True)
                self._log.seek(0)
                print("".join(self._log.readlines()[-20:]), file=sys.stderr)
        return self._healthy[tests]

    def _run(self, tests: Sequence[str]) -> tuple[str, str]:
        """Run tests up to the first failure: killed, late or survived, and which failed."""
        self._log.seek(0)
        self._log.truncate()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            left_out = [f"--deselect={test}" for test in sorted(self._sick - {*tests})]
            _be_pytest(self._root, [*left_out, *tests], writing, self._log.fileno())
        os.close(writing)
        try:
            status = _status(child, self._seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)  # servers and programs that the tests started
        with os.fdopen(reading, "rb") as pipe:
            test = pipe.read(10_000).decode() if status is not None else ""
        if status is None:
            os.waitpid(child, 0)
            return "late", ""
        # No tests collected is pytest's 5.
        return ("survived" if status in (0, 5) else "killed"), test


def _status(child: int, seconds: float) -> int | None:
    """The exit status of a process, or None if it has not ended in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    return None


def _be_pytest(root: Path, arguments: Sequence[str], failed: int, log: int) -> None:
    """Go on as a process that runs tests and writes the name of the first that failed."""
    code = 70
    try:
        os.setsid()
        for stream, where in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(where, stream)
        os.chdir(root)
        sys.path[:] = [str(root), *(path for path in sys.path if path not in ("", str(ROOT)))]
        os.environ["PYTHONPATH"] = str(root)
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        import pytest

        class First:
            def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
                if report.failed:
                    os.write(failed, report.nodeid.encode())

            def pytest_collectreport(self, report: pytest.CollectReport) -> None:
                if report.failed:
                    os.write(failed, report.nodeid.encode())

        # Nobody reads why an assertion failed, and rewriting them takes longer than most tests.
        options = ["-qx", "--assert=plain", "--rootdir", str(root)]
        code = int(pytest.main([*options, *arguments], plugins=[First()]))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


@contextlib.contextmanager
def copied(root: Path) -> Iterator[Path]:
    """A copy of the tree, with the kernels that are already compiled."""
    kept = shutil.ignore_patterns(
        *(".git", ".venv", ".tox", ".*_cache", ".hypothesis", ".coverage*"),
        *("pictures", "site", "dist", "test-results"),
    )
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, ignore=kept)
        yield copy


def difference(mutant: Mutant, root: Path) -> str:
    """The lines that a mutant changes."""
    before = (root / mutant.module).read_text(encoding="utf-8").splitlines()
    lines = difflib.unified_diff(before, mutant.changed.splitlines(), n=0, lineterm="")
    return "\n".join(f"    {line}" for line in list(lines)[2:] if not line.startswith("@@"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what became of each mutant, then the share of the killed and its interval."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--area", choices=AREAS, default="core")
    parser.add_argument("--count", type=int, default=200, help="mutants in the sample")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--near", action="store_true", help="only the tests of the module's name")
    parser.add_argument("--seconds", type=float, default=180, help="for one run of tests")
    parser.add_argument("--only", default="", help="of the sample, the modules with this in them")
    options = parser.parse_args(arguments)
    os.nice(10)
    os.environ |= {"OMP_NUM_THREADS": "1", "CI": "1"}  # Hypothesis: the same examples each time
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    tally: Counter[tuple[str, str]] = Counter()
    with copied(ROOT) as root, contextlib.suppress(KeyboardInterrupt):
        found = [place for file in AREAS[options.area](root) for place in places(file, root)]
        print(f"{options.count} of {len(found)} places, seed {options.seed}", flush=True)
        tests = Tests(root, options.seconds)
        for mutant in drawn(found, options.count, options.seed, partial(changes, root=root)):
            if options.only not in mutant.module:
                continue
            near, others = near_and_far(mutant.module, root)
            outcome = tests.outcome([near] if options.near else [near, others], mutant)
            tally["/".join(mutant.module.split("/")[:2]), outcome.word] += 1
            print(f"{outcome.word:9}{mutant.module}:{mutant.line} {outcome.test}", flush=True)
            if outcome.word == "survived":
                print(difference(mutant, root), flush=True)
    print(table(tally))


def table(tally: Mapping[tuple[str, str], int]) -> str:
    """The share of the killed in each package and in all, with its interval.

    Args:
        tally: how many mutants of a package had an outcome.
    """
    lines = []
    for part in [*sorted({part for part, _ in tally}), "all"]:
        words = Counter[str]()
        for (name, word), count in tally.items():
            words[word] += count if part in ("all", name) else 0
        if not (total := words.total()):
            continue
        killed = total - words["survived"]
        low, high = wilson(killed, total)
        lines.append(
            f"{part:24}{killed:4} of {total:4} killed, {killed / total:6.1%}, "
            f"interval {low:.1%} to {high:.1%}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
