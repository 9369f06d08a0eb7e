"""The project's own promises: its layers, its public names, its README."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from dataclasses import fields, is_dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from grimp import ImportGraph

import dashboard
import rnn_core
from dashboard.train.presets import PRESETS
from tests.importers_by_name import ImportersByName

ROOT = Path(__file__).parents[1]


def third_party_imports(folder: Path) -> set[str]:
    """Top-level packages, not of the standard library, that the modules of a folder import."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {folder.name}


def test_the_core_imports_just_what_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *chain.from_iterable(extras)]
    modules = {name.split(">=")[0].replace("-", "_") for name in declared}
    modules = modules - {"protobuf"} | {"google"}  # which it is imported from
    of_torch = {"onnxscript"}  # PyTorch's exporter imports it
    assert third_party_imports(ROOT / "rnn_core") == modules - of_torch


def test_who_imports_streamlit_is_told_by_name() -> None:
    graph = ImportGraph()
    for importer in ("dashboard.page", "dashboard.a.free_panel", "dashboard.charts", "a.panels"):
        graph.add_import(importer=importer, imported="streamlit")
    options = {"imported": "streamlit", "names": r"page|(\w+_)?panel"}
    contract = ImportersByName("a contract", {}, options)
    check = contract.check(graph, verbose=False)
    assert not check.kept
    assert check.metadata["others"] == ["a.panels", "dashboard.charts"]
    graph.remove_import(importer="dashboard.charts", imported="streamlit")
    graph.remove_import(importer="a.panels", imported="streamlit")
    assert contract.check(graph, verbose=False).kept


def test_importing_the_core_brings_neither_a_page_nor_a_compiler_with_it() -> None:
    pages = {"streamlit", "altair", "pandas"}
    readers = {"pyarrow", "python_calamine", "charset_normalizer"}
    heavy = pages | readers | {"numba", "scipy"}
    code = f"import sys, rnn_core, rnn_core.io.tables; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_public_names_are_sorted_exist_and_are_described() -> None:
    names = rnn_core.__all__
    capitals, others = [n for n in names if n.isupper()], [n for n in names if not n.isupper()]
    assert names == sorted(capitals) + sorted(others)
    for name in names:
        thing = getattr(rnn_core, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name


#: Dataclasses that change, and why.
CHANGING = {
    "dashboard.app.lifetimes._Watched": "a session's clock",
    "dashboard.app.player.Session": "what a visitor's session keeps between its reruns",
    "dashboard.compare.memory_span.capacity._Task": "work in progress",
    "dashboard.data.draft.Draft": "a file while its reader chooses",
    "rnn_core.engines.base.TrainingState": "the run that an engine advances",
    "rnn_core.training.events._State": "the detector between two steps",
}


def test_values_do_not_change_and_those_with_arrays_are_compared_by_identity() -> None:
    found = {}
    for package in (rnn_core, dashboard):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name != "rnn_core.__main__":
                module = importlib.import_module(info.name)
                classes = (kind for kind in vars(module).values() if inspect.isclass(kind))
                for kind in classes:
                    if is_dataclass(kind) and kind.__module__ == info.name:
                        found[f"{info.name}.{kind.__name__}"] = kind
    assert len(found) > 100
    changing = {name for name, kind in found.items() if not kind.__dataclass_params__.frozen}
    assert changing == set(CHANGING)
    for name, kind in found.items():
        held = [str(field.type) for field in fields(kind)]
        if any(word in each for each in held for word in ("Array", "Tensor")):
            # Arrays have no single answer to whether they are equal.
            assert not kind.__dataclass_params__.eq, name
        cached = any(isinstance(value, cached_property) for value in vars(kind).values())
        if name not in changing and not cached:
            assert "__slots__" in vars(kind), name


def test_requirements_are_pinned_exactly_and_say_why() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.fullmatch(r"[\w-]+==[\d.]+(post\d+)?( ; [^#]+)? +# .+", line), line


def test_the_readmes_example_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert len(examples) == 1
    done = subprocess.run(
        [sys.executable, "-c", examples[0]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()[0], done.stdout.splitlines()[-1]
    assert (first.split()[0], last.split()[0]) == ("0", "100")


def outline(readme: str) -> list[str]:
    """What a README in any language has in common with the others, in its order.

    Levels of headings, blocks of code, commands and names in code, links, pictures, rows of tables.
    """
    text = re.sub(r"# (sets|runs|建立|运行).*", "", readme)
    pattern = r"^(#+) |^(```.*?^```)|(`[^`\n]+`)|\]\(([^)]+)\)|^(\|)|^(\d\.|-) "
    found = re.findall(pattern, text, flags=re.MULTILINE | re.DOTALL)
    return ["".join(groups) for groups in found]


def test_the_readme_is_the_same_in_both_languages() -> None:
    english, chinese = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
    )
    assert "](README.zh-CN.md)" in english
    assert "](README.md)" in chinese
    ours = [part for part in outline(english) if part != "README.zh-CN.md"]
    assert sorted(ours) == sorted(part for part in outline(chinese) if part != "README.md")
    headings = [
        [part for part in outline(text) if part.startswith("#")] for text in (english, chinese)
    ]
    assert headings[0] == headings[1]
    assert len(ours) > 80


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_links_to_every_experiment_in_the_order_of_the_menu(name: str) -> None:
    readme = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(http://localhost:8501/([^)]*)\)", readme)
    parameters = [dict(parse_qsl(link[1:], keep_blank_values=True)) for link in links]
    assert parameters == [preset.parameters for preset in PRESETS.values()]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_points_to_exists(name: str) -> None:
    readme = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", readme)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_targets_that_a_document_names_exist(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", text, re.M))
    assert {name for names in named for name in names if name} <= targets


def test_every_command_of_the_makefile_is_run_by_a_test() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"-m ((?:benchmarks|docs)\.\w+)", makefile)
    assert len(commands) >= 8
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    for command in commands:
        assert any(f'run_quickly("{command}"' in test for test in tests), command


#: Modules without a test of their own name, and why.
WITHOUT_TEST = {
    "benchmarks/jax_step.py": "needs JAX, which only `make bench` installs; it checks the losses",
}
#: Tests that belong to no single module, and their subject.
WITHOUT_MODULE = {
    "tests/dashboard/test_looks.py": "how tests compare the looks of charts",
    "tests/rnn_core/engines/test_criteria.py": "both engines on every criterion",
    "tests/rnn_core/test_abuse.py": "every public function, given what it cannot take",
    "tests/rnn_core/test_every_cell.py": "every cell, on every path that computes it",
}


def namesake(module: str) -> str:
    """The test file of a module: same folder below ``tests``, same name."""
    path = Path("tests", module)
    return path.with_name(f"test_{path.stem.strip('_')}.py").as_posix()


def test_every_module_has_a_test_of_its_name_and_every_test_a_module() -> None:
    folders = ("rnn_core", "dashboard", "benchmarks", "examples")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    modules = {path.relative_to(ROOT).as_posix() for path in paths}
    tests = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / "tests" / folder).rglob("test_*.py")
    }
    to_test = {name for name in modules if not name.endswith("__init__.py")} - set(WITHOUT_TEST)
    assert {name for name in to_test if namesake(name) not in tests} == set()
    assert tests - {namesake(name) for name in modules} - set(WITHOUT_MODULE) == set()
    assert set(WITHOUT_TEST) <= modules
    assert set(WITHOUT_MODULE) <= tests
