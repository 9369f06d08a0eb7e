"""The project's own promises: its layers, its public names, its README."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rnn_core

ROOT = Path(__file__).parents[1]


def imported_by(folder: Path) -> set[str]:
    """Top-level packages that the modules of a folder import."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found


def test_the_core_needs_torch_and_numpy_numba_to_be_fast_and_scipy_to_judge() -> None:
    others = imported_by(ROOT / "rnn_core") - set(sys.stdlib_module_names)
    assert others == {"torch", "numpy", "numba", "scipy", "rnn_core"}


def test_the_dashboard_does_not_know_the_entry_point() -> None:
    assert "streamlit_app" not in imported_by(ROOT / "dashboard")


#: Modules that may import Streamlit, by their name alone.
MAY_IMPORT_STREAMLIT = re.compile(
    r"page|(\w+_)?panel|sidebar|widgets|player|server|draw|contender_table"
)


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "dashboard").rglob("*.py")),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_only_modules_with_certain_names_import_streamlit(path: Path) -> None:
    imports = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    knows = any(str(name).split(".")[0] == "streamlit" for name in imports)
    assert not knows or MAY_IMPORT_STREAMLIT.fullmatch(path.stem)


def test_importing_the_core_brings_neither_a_page_nor_a_compiler_with_it() -> None:
    heavy = {"streamlit", "altair", "pandas", "numba", "scipy"}
    code = f"import sys, rnn_core; print({heavy} & set(sys.modules))"
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


def test_requirements_are_pinned_exactly_and_say_why() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.fullmatch(r"[\w-]+==[\d.]+(post\d+)? +# .+", line), line


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


def test_what_the_readme_points_to_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", readme)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
