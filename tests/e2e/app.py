"""The real server and the real browser, for tests, benchmarks and pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]

#: Features of Chromium that are off: those that Playwright switches off, whose list this replaces,
#: and the list of suggestions below the address, a page of its own in every window that is opened.
_OFF = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)
#: Chromium as it runs on a machine without a screen, and without calls to anywhere.
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-gpu-rasterization",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
]

NO_BROWSER = (
    "No Chromium was found, so nothing was tested in a browser. Install it "
    "(Debian, Ubuntu: apt-get install chromium) or set CHROMIUM to its path."
)


def chromium() -> str | None:
    """Path of the Chromium or Chrome on this machine, if there is one."""
    named = os.environ.get("CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return named or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def launch_browser() -> Iterator[Browser]:
    """Chromium until the block ends; outside of tests, where its absence ends the program."""
    path = chromium()
    if path is None:
        raise SystemExit(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process id, and the file with what it has said."""

    url: str
    pid: int
    log: Path


@contextmanager
def serve(
    script: str = "streamlit_app.py",
    *further: str,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> Iterator[Server]:
    """Serve the page until the block ends, or somebody ends the process before.

    Args:
        script: another one to serve, from the root of the project.
        further: options of `streamlit run`.
        port: where to listen; None for a free one.
        environment: variables that are different from this process's.
        prefix: command that starts the server's.
    """
    port = port or free_port()
    command = [*prefix, sys.executable, "-m", "streamlit", "run", script]
    options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    with _running([*command, *options, *further], port, "/_stcore/health", environment) as server:
        yield server


@contextmanager
def serve_replicas(workers: int = 2, *further: str) -> Iterator[Server]:
    """Serve the page in several processes behind HAProxy, which must be installed.

    Args:
        workers: how many.
        further: options of `python -m dashboard.serve`.

    Yields:
        The server once all of them serve; the process is their supervisor's.
    """
    port = free_port()
    command = [sys.executable, "-m", "dashboard.serve", f"--workers={workers}", f"--port={port}"]
    with _running([*command, "--address=127.0.0.1", *further], port, "/healthz", None) as server:
        while "Serving on" not in server.log.read_text():
            time.sleep(0.1)
        yield server


@contextmanager
def _running(
    command: Sequence[str], port: int, health: str, environment: Mapping[str, str] | None
) -> Iterator[Server]:
    url = f"http://127.0.0.1:{port}"
    with NamedTemporaryFile(prefix="server", suffix=".log") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        try:
            _wait_until_healthy(process, url + health, Path(log.name))
            yield Server(url, process.pid, Path(log.name))
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(
    process: subprocess.Popen[bytes], url: str, log: Path, patience: float = 60
) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server stopped at once:\n{log.read_text()}")
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The server did not answer within {patience:.0f} s.")


READOUTS = ("step", "loss")
CHARTS = ("figure", "loss", "state")  # in the order of the page


class LivePage:
    """A page with a player as a person sees and uses it."""

    #: How many charts there are at first.
    charts: int

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> Self:
        """Go there and wait until the page is complete: charts, the player, all at rest."""
        self.page.goto(url)
        for number in range(self.charts):
            chart = self.page.get_by_test_id("stVegaLiteChart").nth(number)
            expect(chart.locator(".marks").first).to_be_visible(timeout=30_000)
        expect(self.key("new_seed").get_by_role("button")).to_be_visible()
        # Keys are heard only once the browser has caught up with the whole first run.
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        return self

    def key(self, name: str) -> Locator:
        """The element or container with this key."""
        return self.page.locator(f".st-key-{name}")

    def readout(self, name: str) -> Locator:
        """The text of a readout: step or loss."""
        return self.key("readouts").get_by_test_id("stMetricValue").nth(READOUTS.index(name))

    def press(self, name: str) -> None:
        """Click a button of the player."""
        self.key(name).get_by_role("button").click()

    def number(self, name: str) -> float:
        """The number in a readout: step or loss."""
        return float(self.readout(name).inner_text())

    def wait_for_step(self, at_least: int) -> None:
        """Wait until the step readout has come so far; while a page is laid anew there is none."""
        self.page.wait_for_function(
            "least => Number(document.querySelector("
            "'.st-key-readouts [data-testid=stMetricValue]')?.innerText) >= least",
            arg=at_least,
        )

    def expect_step(self, step: int) -> None:
        """Wait until the step readout shows just this."""
        expect(self.readout("step")).to_have_text(str(step))

    def expect_to_rest(self) -> None:
        """Nothing is trained for longer than several redraws would take."""
        expect(self.key("run")).to_contain_text("Run")
        resting = self.number("step")
        self.page.wait_for_timeout(700)
        assert self.number("step") == resting

    def watch_for_embeds(self) -> None:
        """From now on count how often a chart is built anew."""
        self.page.evaluate(
            """() => {
              window.embeds = 0;
              const charts = 'svg.marks, canvas.marks';
              new MutationObserver(changes => {
                for (const change of changes) for (const node of change.addedNodes) {
                  if (node.nodeType !== Node.ELEMENT_NODE) continue;
                  window.embeds += node.matches(charts) + node.querySelectorAll(charts).length;
                }
              }).observe(document.body, {childList: true, subtree: true});
            }"""
        )

    def embeds(self) -> int:
        """Charts built anew since `watch_for_embeds`."""
        return int(self.page.evaluate("window.embeds"))


class TrainPage(LivePage):
    """The Train page."""

    charts = len(CHARTS)

    def chart(self, name: str) -> Locator:
        """A chart: figure, loss or state."""
        return self.page.get_by_test_id("stVegaLiteChart").nth(CHARTS.index(name))

    def figure_pixels(self) -> str:
        """The figure as it is drawn, as text."""
        canvas = self.chart("figure").locator("canvas")
        return str(canvas.evaluate("canvas => canvas.toDataURL()"))


class ComparePage(LivePage):
    """The Compare page, with three contenders."""

    charts = 2 + 3  # losses, every seed, and what each contender says


class DataPage(TrainPage):
    """The Data page, from which a button leads to the Train page."""

    def open(self, url: str) -> Self:
        """Go there and wait until the series and its first windows are drawn."""
        self.page.goto(url)
        for number in range(2):
            chart = self.page.get_by_test_id("stVegaLiteChart").nth(number)
            expect(chart.locator(".marks").first).to_be_visible(timeout=60_000)
        return self


class LearnPage(LivePage):
    """The Learn page."""

    charts = 1

    def open(self, url: str) -> Self:
        """Go there and wait until the question and its figure are complete."""
        self.page.goto(url)
        chart = self.page.get_by_test_id("stVegaLiteChart").first
        expect(chart.locator(".marks").first).to_be_visible(timeout=30_000)
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        return self
