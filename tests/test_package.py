"""The installable package: the wheel holds `rnn_core` alone, and it works without the rest."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from itertools import chain
from pathlib import Path

import pytest

import rnn_core

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that ``pip install .`` installs."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    options = ["--disable-pip-version-check", "--quiet", "--wheel-dir", str(folder)]
    done = subprocess.run(command + options, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_rnn_core_with_its_types_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    folder = f"rnn_playground-{rnn_core.__version__}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"rnn_core", folder}
    paths = (path for ending in ("py", "csv") for path in (ROOT / "rnn_core").rglob(f"*.{ending}"))
    modules = {path.relative_to(ROOT).as_posix() for path in paths}
    assert modules | {"rnn_core/py.typed", f"{folder}/licenses/LICENSE"} <= names


def test_the_metadata_name_what_is_needed_and_what_is_optional(wheel: Path) -> None:
    stated = metadata(wheel)
    assert stated["Version"] == rnn_core.__version__
    assert stated["License-Expression"] == "MIT"
    assert sorted(stated.get_all("Provides-Extra", [])) == [
        "cli",
        "fast",
        "files",
        "onnx",
        "series",
        "stats",
        "sweeps",
    ]
    needed = {word.partition(">=")[0] for word in stated.get_all("Requires-Dist", [])}
    assert needed == {"torch", "numpy", "numba", "scipy", "statsmodels"} | {
        "safetensors",
        "nbformat",
        "pyarrow",
        "python-calamine",
        "charset-normalizer",
        "protobuf",
        "crc32c",
        "click",
        "onnx",
        "onnxscript",
        "optuna",
        "sqlalchemy",
    }
    assert [word for word in stated.get_all("Requires-Dist", []) if "extra" in word] == [
        "click>=8.2; extra == 'cli'",
        "numba>=0.61; extra == 'fast'",
        "charset-normalizer>=3.4; extra == 'files'",
        "crc32c>=2.7; extra == 'files'",
        "nbformat>=5.7; extra == 'files'",
        "protobuf>=5.0; extra == 'files'",
        "pyarrow>=18.0; extra == 'files'",
        "python-calamine>=0.4; extra == 'files'",
        "safetensors>=0.4; extra == 'files'",
        "onnx>=1.19; extra == 'onnx'",
        "onnxscript>=0.6; extra == 'onnx'",
        "torch>=2.9; extra == 'onnx'",
        "statsmodels>=0.14; extra == 'series'",
        "scipy>=1.13; extra == 'stats'",
        "optuna>=5.0; extra == 'sweeps'",
        "sqlalchemy>=2.0; extra == 'sweeps'",
    ]


def test_the_pins_satisfy_the_bounds_of_the_library() -> None:
    # What the app does without is pinned for the tests.
    pins = dict(
        line.split("#")[0].split(";")[0].strip().split("==")
        for file in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-r"))
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for bound in (*project["dependencies"], *chain.from_iterable(extras.values())):
        name, lowest = bound.split(">=")
        assert version(pins[name]) >= version(lowest), name


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


WITHOUT_EXTRAS = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        optional = {"numba", "scipy", "statsmodels", "safetensors", "nbformat", "click",
            "optuna", "sqlalchemy"}
        if name.partition(".")[0] in optional:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import rnn_core
from itertools import islice
losses = [step.loss for step in islice(rnn_core.Trainer(rnn_core.RunConfig()).steps(), 3)]
comparison = rnn_core.Comparison([rnn_core.RunConfig(cell=cell) for cell in ("rnn", "gru")], 2)
steps = list(islice(comparison.steps(), 3))
print(rnn_core.__file__, *losses)
"""


def test_an_installed_core_trains_without_the_extras(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    file, *losses = done.stdout.split()
    assert Path(file).is_relative_to(tmp_path)
    trainer = rnn_core.Trainer(rnn_core.RunConfig(), engine="torch")
    ours = [step.loss for step, _ in zip(trainer.steps(), range(3), strict=False)]
    assert [float(loss) for loss in losses] == pytest.approx(ours)


def test_the_changelogs_newest_release_is_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = [line for line in changelog.splitlines() if line.startswith("## ")]
    releases = [line for line in sections if line != "## [Unreleased]"]
    assert releases[0].startswith(f"## [{rnn_core.__version__}] - ")
