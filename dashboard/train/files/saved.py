"""What can be saved of a run: every file as an object. Knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from dashboard.app.language import current_language
from dashboard.app.playback import Status
from dashboard.charts.base import Chart
from dashboard.charts.film import gif
from dashboard.charts.standalone import PICTURES, picture
from dashboard.run import charts
from dashboard.run.figure import figure
from dashboard.run.live_run import LiveRun
from dashboard.train.offline_page import page
from dashboard.train.replay.spec import replay
from rnn_core.io import jupyter_notebook, python_script
from rnn_core.io.tables import history_csv, history_parquet
from rnn_core.messages import N_, Message

#: Media type of what a browser shall save and not show.
BINARY = "application/octet-stream"
# Each is drawn by itself, which takes two fifths of a second.
_FILM_FRAMES = 24


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that can be made of a paused run.

    Args:
        row: what is in it; files of one row hold the same. Marked with `N_`, translated when shown.
        kind: its format, for the button.
        ending: of its name, from the step on.
        mime: its media type.
        make: makes it, in the current language.
        help: what it is good for; marked like ``row``.
        needs_past: whether the run must be one that can be looked back on.
        needs_next: whether the run must not have diverged.
        reads_data: whether it reads what the task's script reads. Where those are files, all come
            in one zip archive.
        needs_recipe: whether the run's settings must suffice to take its steps again.
    """

    row: str
    kind: str
    ending: str
    mime: str
    make: Callable[[LiveRun], str | bytes]
    help: str = ""
    needs_past: bool = False
    needs_next: bool = False
    reads_data: bool = False
    needs_recipe: bool = False

    def why_not(self, run: LiveRun) -> Message | None:
        """Why the file cannot be made of this run at any step, in a sentence; None if it can."""
        return run.unrepeatable if self.needs_recipe else None

    def is_ready(self, run: LiveRun) -> bool:
        """Whether the file can be made of the run as it stands."""
        if self.needs_past and not (run.can_look_back and run.index > run.oldest):
            return False
        if self.why_not(run) is not None:
            return False
        return not (self.needs_next and run.status is Status.DIVERGED)

    def name(self, run: LiveRun) -> str:
        """The file's name: task, cell, seed and step."""
        config = run.config
        archive = ".zip" if self._is_archive(run) else ""
        stem = f"{config.task}-{config.cell}-seed-{config.seed}-step-{run.shown}"
        return f"{stem}{self.ending}{archive}"

    def media_type(self, run: LiveRun) -> str:
        """Its media type."""
        return "application/zip" if self._is_archive(run) else self.mime

    def content(self, run: LiveRun) -> str | bytes:
        """The file, or the archive of it and the data that it reads, in the current language."""
        made = self.make(run)
        if not self._is_archive(run):
            return made
        archive = BytesIO()
        with ZipFile(archive, "w", ZIP_DEFLATED, compresslevel=1) as file:  # six times as fast
            file.writestr(self.name(run).removesuffix(".zip"), made)
            for name, data in run.task.script_files().items():
                file.writestr(name, data)
        return archive.getvalue()

    def _is_archive(self, run: LiveRun) -> bool:
        return self.reads_data and run.task.script_reads_files


def _figure(run: LiveRun) -> Chart:
    return figure(run.frame())


def _loss(run: LiveRun) -> Chart:
    return charts.loss(run.frame())


def _page(chart: Callable[[LiveRun], Chart], run: LiveRun) -> str:
    return page(chart(run), run)


def _film(run: LiveRun) -> bytes:
    return gif(_replay(run, _FILM_FRAMES), current_language())


def _replay(run: LiveRun, most: int | None = None) -> Chart:
    made = replay(run) if most is None else replay(run, most)
    assert made is not None  # nothing happens to the run while no progress is told
    return made


def _picture(chart: Callable[[LiveRun], Chart], kind: str, run: LiveRun) -> bytes:
    return picture(chart(run), current_language(), kind)


def _code(write: Callable[..., str], run: LiveRun) -> str:
    """A run as Python source."""
    recipe = run.recipe()
    assert recipe is not None  # else it is not ready
    return write(
        recipe.config, recipe.steps, task=recipe.task, rates=recipe.rates, clips=recipe.clips
    )


def _codes(*kinds: tuple[str, str, Callable[..., str]]) -> tuple[SavedFile, ...]:
    """The run as Python source in several forms, by ending and media type."""
    help_text = N_(
        "The same steps again in plain PyTorch, without RNN Playground. For a series: a zip "
        "archive that holds its data as well. Learning rates and gradient clipping that were "
        "changed on the way are in it."
    )
    return tuple(
        SavedFile(
            N_("Code"),
            ending,
            ending,
            mime,
            partial(_code, write),
            help_text,
            reads_data=True,
            needs_recipe=True,
        )
        for ending, mime, write in kinds
    )


def _charts(row: str, name: str, chart: Callable[[LiveRun], Chart]) -> tuple[SavedFile, ...]:
    """A chart in every format."""
    return (
        *(
            SavedFile(row, kind.upper(), f"-{name}.{kind}", mime, partial(_picture, chart, kind))
            for kind, mime in PICTURES.items()
        ),
        SavedFile(row, "HTML", f"-{name}.html", "text/html", partial(_page, chart)),
    )


#: Every file, in the order of the menu.
SAVED_FILES: tuple[SavedFile, ...] = (
    SavedFile(
        N_("Run"),
        "safetensors",
        ".safetensors",
        BINARY,
        LiveRun.checkpoint,
        N_("Opens again below and goes on bit for bit: settings, losses, weights, optimizer."),
        needs_next=True,
    ),
    SavedFile(
        N_("Weights"),
        "safetensors",
        "-weights.safetensors",
        BINARY,
        LiveRun.weights,
        N_("Of the step on screen, in PyTorch's names: rnn.weight_ih_l0 to out.bias."),
    ),
    *_codes(
        (".py", "text/x-python", python_script),
        (".ipynb", "application/x-ipynb+json", jupyter_notebook),
    ),
    SavedFile(
        N_("History"),
        "CSV",
        "-history.csv",
        "text/csv",
        lambda run: history_csv(run.history()),
        N_(
            "A row per step: losses, gradient norm, learning rate. Of a run of more than 131,072 "
            "steps, every second or fourth."
        ),
    ),
    SavedFile(
        N_("History"),
        "Parquet",
        "-history.parquet",
        BINARY,
        lambda run: history_parquet(run.history()),
    ),
    *_charts(N_("Figure"), "figure", _figure),
    *_charts(N_("Loss chart"), "loss", _loss),
    SavedFile(
        N_("Replay"),
        "HTML",
        "-replay.html",
        "text/html",
        partial(_page, _replay),
        N_("One file that plays in any browser, offline; or a film, made in some ten seconds."),
        needs_past=True,
    ),
    SavedFile(N_("Replay"), "GIF", "-replay.gif", "image/gif", _film, needs_past=True),
)
