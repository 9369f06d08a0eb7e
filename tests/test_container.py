"""The container's file, as far as it can be checked where nothing runs containers."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dashboard.app.commit import VARIABLE
from dashboard.board import store as board
from dashboard.serve.__main__ import parser
from dashboard.sweeps import manager as sweeps

ROOT = Path(__file__).parents[1]
#: Opens the app, and prints the commit that it is of and whether it speaks Chinese.
OPEN = """
import os
from streamlit.testing.v1 import AppTest
from dashboard.app.commit import running_commit
app = AppTest.from_file("streamlit_app.py", default_timeout=100)
app.query_params["lang"] = "zh_CN"
app.run()
assert not app.exception, app.exception
print(running_commit(), any("步" in button.label for button in app.button), flush=True)
os._exit(0)  # without waiting for the kernels, which are compiled meanwhile
"""
FILE = ROOT / "Containerfile"
COMPOSE = ROOT / "compose.yaml"


def instructions() -> list[tuple[str, str]]:
    """Each instruction and what it is given, without comments and continued lines."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = text.replace("\\\n", " ").splitlines()
    return [(words[0], words[1]) for line in joined if len(words := line.split(None, 1)) == 2]


def given(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def pinned(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = [line.split("#")[0].split(";")[0].strip() for line in lines]
    return dict(line.split("==") for line in found if "==" in line)


def required_by(names: list[str]) -> dict[str, str]:
    """What is installed of what these packages require, and so on, by its version."""
    found: dict[str, str] = {}
    asked = [(name, frozenset[str]()) for name in names]
    seen = set(asked)
    for name, extras in asked:
        package = distribution(name)
        found[canonicalize_name(name)] = package.version
        for line in package.requires or ():
            need = Requirement(line)
            wanted = [{"extra": extra} for extra in extras or {""}]
            if need.marker is None or any(need.marker.evaluate(each) for each in wanted):
                further = need.name, frozenset(need.extras)
                if further not in seen:
                    seen.add(further)
                    asked.append(further)
    return found


def test_hadolint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, FILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_image_is_named_by_a_whole_version_and_may_be_given_by_digest() -> None:
    name, image = given("ARG")[0].split("=")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", image)
    assert given("FROM") == [f"${{{name}}}"]


def test_what_is_copied_exists_and_is_let_through_and_nothing_else_is() -> None:
    copied = [source for rest in given("COPY") for source in shlex.split(rest)[:-1]]
    assert all((ROOT / source).exists() for source in copied)
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [rule for rule in rules if rule and not rule.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied)
    assert any(fnmatch.fnmatch("dashboard/app/__pycache__", rule) for rule in rules[1:])


def test_the_app_opens_with_what_is_copied_alone(tmp_path: Path) -> None:
    for rest in given("COPY"):
        for source in shlex.split(rest)[:-1]:
            path = ROOT / source
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, tmp_path / source)
    done = subprocess.run(
        [sys.executable, "-c", OPEN],
        cwd=tmp_path,
        env={**os.environ, VARIABLE: "0123456789abcdef", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0123456789", "True"]


def test_it_serves_as_somebody_without_rights() -> None:
    names = [name for name, _rest in instructions()]
    assert given("USER") == ["10001"]
    assert "useradd --uid 10001" in given("RUN")[0]
    # The kernels, at the latest, are compiled by the one who will load them.
    assert names.index("USER") < len(names) - 1 - names[::-1].index("RUN")


def test_all_that_is_installed_is_pinned_as_tested() -> None:
    assert any("-r requirements.txt" in rest for rest in given("RUN"))
    assert any("--constraint requirements-lock.txt" in rest for rest in given("RUN"))
    direct = pinned("requirements.txt")
    installed = required_by(list(direct))
    names = {canonicalize_name(name) for name in direct}
    assert pinned("requirements-lock.txt") == {
        name: version for name, version in installed.items() if name not in names
    }


def test_the_command_and_the_health_check_are_streamlit_s() -> None:
    (command,) = given("CMD")
    words = re.findall(r'"([^"]*)"', command)
    assert words[:4] == ["python", "-m", "streamlit", "run"]
    assert (ROOT / words[4]).is_file()
    (check,) = given("HEALTHCHECK")
    assert "http://127.0.0.1:8501/_stcore/health" in check
    assert given("EXPOSE") == ["8501"]
    assert any(rest.startswith(f"{VARIABLE}=${{COMMIT}}") for rest in given("ENV"))


def composed() -> dict[str, Any]:
    """What compose.yaml says, where no variable is set."""
    text = COMPOSE.read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    assert "${" not in str(found)
    return found


def test_the_composition_is_one() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [check, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_it_serves_several_processes_by_a_command_that_there_is() -> None:
    app = composed()["services"]["app"]
    python, module, name, *options = app["command"]
    assert (python, module, name) == ("python", "-m", "dashboard.serve")
    assert parser().parse_args(options).workers == 2
    assert parser().parse_args([]).port == 8501
    assert app["ports"] == ["8501:8501"]
    assert "/healthz" in app["healthcheck"]["test"][-1]
    assert " haproxy " in given("RUN")[0]


def test_it_writes_into_volumes_alone_whose_folders_the_image_gives_to_its_user() -> None:
    file = composed()
    app = file["services"]["app"]
    assert app["read_only"] is True
    assert app["tmpfs"] == ["/tmp"]
    volumes = dict(each.split(":") for each in app["volumes"])
    assert set(volumes) <= set(file["volumes"])
    (made,) = [rest for rest in given("RUN") if "install -d -o app -g app" in rest]
    (cache,) = [rest.split("=")[1] for rest in given("ENV") if rest.startswith("NUMBA_CACHE_DIR")]
    folders = made.replace('"${NUMBA_CACHE_DIR}"', cache).split("install -d -o app -g app ")[1]
    assert sorted(volumes.values()) == sorted(folders.split())
    variables = app["environment"]
    assert set(variables) == {board.FOLDER, sweeps.FOLDER}
    assert all(Path(folder).parent == Path(volumes["shared"]) for folder in variables.values())


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readmes_say_how_to_build_and_run_it(name: str) -> None:
    readme = (ROOT / name).read_text(encoding="utf-8")
    assert '--build-arg COMMIT="$(git rev-parse HEAD)"' in readme
    assert "--read-only --tmpfs /tmp" in readme
    (cache,) = [rest.split("=")[1] for rest in given("ENV") if rest.startswith("NUMBA_CACHE_DIR")]
    assert f":{cache}" in readme
    assert "docker compose up --build" in readme
    assert "docker compose --profile tls up --build" in readme
