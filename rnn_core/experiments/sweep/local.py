"""The workers of a sweep on this machine: one process for each core."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from time import monotonic

from rnn_core.cores import cores
from rnn_core.experiments.sweep.study import Sweep
from rnn_core.experiments.sweep.workplace import worker_name

#: How often workers that die are replaced, for each of them.
_REPLACEMENTS = 3


class LocalWorkers:
    """Processes that work on one sweep. A context manager: none of them outlives it.

    Nor does any outlive the process that made it, even if that is killed: each holds a pipe to it.

    Args:
        sweep: what they work on.
        storage: its address.
        count: number of processes.
        options: of the worker's command line beyond storage and name: where its series is.
        threads: that each trains on; None for its share of the cores, at least 1.
    """

    def __init__(
        self,
        sweep: Sweep,
        storage: str,
        count: int,
        options: Sequence[str] = (),
        *,
        threads: int | None = None,
    ) -> None:
        threads = max(1, cores() // max(1, count)) if threads is None else threads
        self._sweep = sweep
        self._command = [
            *(sys.executable, "-m", "rnn_core", "sweep", "worker"),
            *("--storage", storage, "--study", sweep.name, "--quiet"),
            *("--threads", str(threads), "--until-input-closes", *options),
        ]
        self._replacements = _REPLACEMENTS * count
        self._processes = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[str]:
        # A process of its own group: Ctrl-C reaches the parent alone, which lets them end.
        return subprocess.Popen(
            self._command,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are there."""
        return tuple(process.pid for process in self._processes)

    def look(self) -> str:
        """Replace workers that died, and queue again what they had.

        Returns:
            Why a worker refused to work, empty if none did.
        """
        refusal = ""
        for process in tuple(self._processes):
            status = process.poll()
            if status is None:
                continue
            self._processes.remove(process)
            words = self._words(process)
            self._let_go(process)
            if status == 0:
                continue
            self._sweep.release(worker_name(process.pid))
            if status == 2:
                refusal = words
            elif self._replacements:
                self._replacements -= 1
                self._processes.append(self._start())
            else:
                refusal = f"Workers keep dying; the last one with status {status}: {words}"
        return refusal

    @staticmethod
    def _let_go(process: subprocess.Popen[str]) -> None:
        """Close the pipe by which a worker knows that this process is there."""
        assert process.stdin is not None
        process.stdin.close()

    @staticmethod
    def _words(process: subprocess.Popen[str]) -> str:
        assert process.stderr is not None
        with process.stderr as said:
            lines = said.read().strip().splitlines()
        return lines[-1].removeprefix("Error: ") if lines else ""

    @property
    def are_there(self) -> bool:
        """Whether any worker is left."""
        return bool(self._processes)

    def end(self, patience: float = 10.0) -> None:
        """Let all of them give back what they have, and end; those that do not are killed."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            self._let_go(process)
        until = monotonic() + patience
        for process in self._processes:
            try:
                process.wait(max(0.0, until - monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self._sweep.release(worker_name(process.pid))
            if process.stderr is not None:
                process.stderr.close()
        self._processes.clear()

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()
