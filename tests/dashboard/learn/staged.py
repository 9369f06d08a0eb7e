"""Runs of lessons that end as a test wants them to."""

from __future__ import annotations

from typing import Any

from dashboard.learn.experiment import Runs


class _Told:
    """A run that says what it was told to, and is for all else the run behind it."""

    def __init__(self, run: Any, told: dict[str, Any]) -> None:
        self._run, self._told = run, told

    def __getattr__(self, name: str) -> Any:
        return self._told[name] if name in self._told else getattr(self._run, name)


class StagedRuns(Runs):
    """Runs of three steps that say of themselves what they are told to."""

    def __init__(self, **told: Any) -> None:
        super().__init__(0, "torch")
        self._told = told

    def train(self, config: Any, steps: int, **more: Any) -> Any:
        """As `Runs.train`, but shorter."""
        return _Told(super().train(config, 3, **more), self._told)
