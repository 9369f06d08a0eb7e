from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dashboard.app import commit


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_it_is_what_git_says_in_every_kind_of_repository(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    git(first, "init", "-q")
    git(first, "commit", "-q", "--allow-empty", "-m", "one")
    expected = git(first, "rev-parse", "HEAD")
    assert commit.head(first / ".git") == expected
    git(first, "pack-refs", "--all")
    assert commit.head(first / ".git") == expected
    git(first, "worktree", "add", "-q", "-b", "other", "../linked")
    git(tmp_path / "linked", "commit", "-q", "--allow-empty", "-m", "two")
    two = git(tmp_path / "linked", "rev-parse", "HEAD")
    assert commit.head(tmp_path / "linked" / ".git") == two != expected
    git(first, "checkout", "-q", "--detach")
    assert commit.head(first / ".git") == expected


def test_without_a_repository_it_is_not_known(tmp_path: Path) -> None:
    assert commit.head(tmp_path / ".git") == ""
    (tmp_path / "HEAD").write_text("ref: refs/heads/main\n")
    assert commit.head(tmp_path) == ""


def test_a_container_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(commit.VARIABLE, "0123456789abcdef")
    assert commit.running_commit.__wrapped__() == "0123456789"
