"""A PostgreSQL server of a test's own, which can be ended and started again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.app import free_port

_MISSING = (
    "No PostgreSQL was found, so no sweep was tried on one. Install it "
    "(Debian, Ubuntu: apt-get install postgresql)."
)


def _programs() -> Path:
    """The folder with initdb and pg_ctl, which Debian does not put on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    if not folders and found is None:
        raise AssertionError(_MISSING)
    return folders[0] if folders else Path(str(found)).parent


class Database:
    """The server.

    Args:
        folder: of its files; made by this class.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        # PostgreSQL refuses to be run by root.
        self._user = "postgres" if os.getuid() == 0 else None
        folder.mkdir()
        if self._user:
            shutil.chown(folder, self._user)
            for parent in folder.parents[:3]:  # pytest's folders are for their owner alone
                parent.chmod(0o755)
        self._run("initdb", "--auth=trust", "--username=tests", "--no-sync", "-D", str(folder))
        self.start()

    @property
    def address(self) -> str:
        """Of the database, for SQLAlchemy."""
        return f"postgresql://tests@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self._port} -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", str(self._folder), "-w", "-o", options, "-l", self._log, "start")

    def stop(self) -> None:
        """End it at once, with all its connections."""
        self._run("pg_ctl", "-D", str(self._folder), "-w", "-m", "immediate", "stop")

    @property
    def _log(self) -> str:
        return str(self._folder / "log")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(_programs() / program), *arguments],
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        assert done.returncode == 0, (program, arguments)


@contextmanager
def database(folder: Path) -> Iterator[Database]:
    """A server until the block ends."""
    server = Database(folder)
    try:
        yield server
    finally:
        server.stop()
