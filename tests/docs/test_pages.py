"""The documentation's code: the Python blocks of each page run, one after another."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.e2e.app import ROOT


def code(page: str) -> str:
    """All Python blocks of a page as one program, without those taken from `examples`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join(block for block in blocks if "--8<--" not in block)


PAGES = [
    page
    for page in ("README.md", *(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md")))
    if code(page)
]


def test_pages_with_code_are_found() -> None:
    assert {"README.md", "docs/index.md", "docs/recipes.md", "docs/guide/library.md"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_the_code_of_a_page_runs(name: str) -> None:
    program = "import torch; torch.set_num_threads(1)\n" + code(name)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_example_is_on_the_page_of_examples() -> None:
    page = (ROOT / "docs/examples.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^--8<--\n(examples/\w+\.py)\n--8<--$", page, re.MULTILINE))
    assert shown == {path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*.py")}
