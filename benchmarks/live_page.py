"""The live page in Chromium: redraws per second, charts rebuilt, long tasks, click to frame.

Run with ``python -m benchmarks.live_page``; ``make bench-browser`` does. A long task occupies the
page's main thread for more than 50 ms, during which it neither draws nor answers. Click to frame is
the time from a press on the button to the first frame that shows its effect: after Pause the button
that says Run, after Run a signal chart that has moved. The second table has the rates with each
view inside the network; the last line is about a replay that plays in the page.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from benchmarks.timing import is_quick
from dashboard.run.views.registry import VIEWS
from tests.e2e.app import TrainPage, launch_browser, serve


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure.

    Args:
        seconds: for each link.
        presses: of Pause and Run, for each link.
        view_seconds: for each view.
        queries: how many of the links.
        views: which views.
        replay_steps: length of the run that is replayed.
        replay_seconds: that its replay is watched.
        tabs: that are opened.
    """

    seconds: float
    presses: int
    view_seconds: float
    queries: int | None
    views: Sequence[str]
    replay_steps: int
    replay_seconds: float
    tabs: int


FULL = Effort(
    seconds=10,
    presses=7,
    view_seconds=5,
    queries=None,
    views=tuple(VIEWS),
    replay_steps=400,
    replay_seconds=3,
    tabs=9,
)
#: Enough to see that it runs; its figures mean nothing.
QUICK = Effort(
    seconds=0.5,
    presses=1,
    view_seconds=0.5,
    queries=1,
    views=("lag",),
    replay_steps=10,
    replay_seconds=0.5,
    tabs=1,
)
QUERIES = (
    "",
    "?pace=20",
    "?pace=max&step_limit=1000000",
    "?cell=lstm",
    "?window_length=200&cell=gru",
)
#: Added to the link of a view that draws nothing of the default task.
VIEW_QUERIES = {"lag": "&task=mackey_glass"}

OBSERVE = """() => {
  window.redraws = 0;
  window.lastRedraw = 0;
  window.longTasks = [];
  new PerformanceObserver(list => {
    window.longTasks.push(...list.getEntries().map(entry => entry.duration));
  }).observe({type: 'longtask'});
  const readout = document.querySelector('.st-key-readouts [data-testid=stMetricValue]');
  let shown = readout.innerText;
  new MutationObserver(() => {
    if (readout.innerText !== shown) {
      shown = readout.innerText;
      window.redraws += 1;
      window.lastRedraw = performance.now();
    }
  }).observe(readout, {childList: true, subtree: true, characterData: true});
}"""

# Presses Pause and gives the milliseconds until the step counter moved for the last time, and
# until the frame in which the button says Run.
PAUSE = """() => new Promise(done => {
  const container = document.querySelector('.st-key-run');
  const pressed = performance.now();
  container.querySelector('button').click();
  const watch = () => {
    if (!container.innerText.includes('Run')) return requestAnimationFrame(watch);
    const answered = performance.now();
    setTimeout(() => done([Math.max(0, window.lastRedraw - pressed), answered - pressed]), 600);
  };
  watch();
})"""


# Presses Run and gives the milliseconds until the frame in which the figure has moved.
RUN = """() => new Promise(done => {
  const chart = document.querySelector('[data-testid=stVegaLiteChart]');
  const drawn = () => chart.querySelector('canvas').toDataURL();
  const before = drawn();
  const pressed = performance.now();
  document.querySelector('.st-key-run button').click();
  const watch = () => {
    if (drawn() === before) return requestAnimationFrame(watch);
    done(performance.now() - pressed);
  };
  requestAnimationFrame(watch);
})"""


def measure(page: Page, url: str, query: str, effort: Effort) -> str:
    """One line of the table."""
    train = TrainPage(page).open(url + query)
    train.press("run")
    train.wait_for_step(30)
    train.page.evaluate(OBSERVE)
    train.watch_for_embeds()
    first = train.number("step")
    train.page.wait_for_timeout(effort.seconds * 1000)
    redraws = train.page.evaluate("window.redraws") / effort.seconds
    tasks = train.page.evaluate("window.longTasks")
    steps = (train.number("step") - first) / effort.seconds
    embeds = train.embeds()
    last, pause, run = [], [], []
    for _ in range(effort.presses):
        for delays, delay in zip((last, pause), train.page.evaluate(PAUSE), strict=True):
            delays.append(delay)
        run.append(train.page.evaluate(RUN))
        train.wait_for_step(int(train.number("step")) + 5)
    return (
        f"{query or '(default)':32} {redraws:9.1f} {steps:8.0f} {embeds:7d} "
        f"{len(tasks) / effort.seconds:7.1f} {sum(tasks) / 1000 / effort.seconds:6.1%} "
        + " ".join(
            f"{statistics.median(delays):7.0f} {max(delays):5.0f}" for delays in (pause, run, last)
        )
    )


def measure_view(page: Page, url: str, view: str, seconds: float) -> str:
    """One line of the table of views."""
    train = TrainPage(page).open(f"{url}?cell=lstm&look={view}{VIEW_QUERIES.get(view, '')}")
    train.press("run")
    train.wait_for_step(30)
    train.page.evaluate(OBSERVE)
    train.watch_for_embeds()
    train.page.wait_for_timeout(seconds * 1000)
    redraws = train.page.evaluate("window.redraws") / seconds
    busy = sum(train.page.evaluate("window.longTasks")) / 1000 / seconds
    return f"{view:32} {redraws:9.1f} {train.embeds():7d} {busy:6.1%}"


def measure_replay(page: Page, url: str, effort: Effort) -> str:
    """The time until a replay of the default run plays, and its rate at its fastest."""
    train = TrainPage(page).open(url + "?pace=5")
    train.press("run")
    train.wait_for_step(effort.replay_steps)
    train.press("run")
    train.expect_to_rest()
    began = time.monotonic()
    train.press("replay")
    frame = page.locator(".st-key-replay_chart .vega-bindings input[type=range]")
    page.locator(".st-key-replay_chart canvas.marks").wait_for()
    until = time.monotonic() - began
    page.locator(".st-key-replay_chart select").select_option(label="10")
    page.evaluate(OBSERVE)
    first, began = int(frame.input_value()), time.monotonic()
    page.wait_for_timeout(1000 * effort.replay_seconds)
    rate = (int(frame.input_value()) - first) / (time.monotonic() - began)
    busy = sum(page.evaluate("window.longTasks")) / 1000 / effort.replay_seconds
    count = 1 + int(frame.get_attribute("max") or 0)
    return (
        f"A replay of {train.number('step'):.0f} steps, {count} frames: plays {until:.2f} s after "
        f"the click; at 10 frames a second it shows {rate:.1f}, long tasks {busy:.1%}"
    )


def seconds_to_first_chart(page: Page, url: str) -> float:
    """From the request for the page until its figure is drawn."""
    began = time.monotonic()
    page.goto(url, wait_until="commit")
    page.get_by_test_id("stVegaLiteChart").locator(".marks").first.wait_for(timeout=60_000)
    return time.monotonic() - began


def measure_opening(browser: Browser, tabs: int) -> str:
    """The time to the first chart of a server that has just started, and in new tabs later."""
    with serve() as server:
        times = []
        # One browser context: files are in its cache from the second tab on.
        context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
        for _ in range(1 + tabs):
            page = context.new_page()
            times.append(seconds_to_first_chart(page, server.url))
            page.wait_for_timeout(500)
            page.close()
        context.close()
    cold, *warm = times
    return (
        f"First chart: {cold:.2f} s from a server that has just started; in {tabs} new tabs "
        f"median {statistics.median(warm):.2f} s, at most {max(warm):.2f} s"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    effort = QUICK if is_quick(arguments, __doc__) else FULL
    with launch_browser() as browser:
        print(measure_opening(browser, effort.tabs), flush=True)
    with serve() as server, launch_browser() as browser:

        def open_page() -> Page:
            return browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")

        print(
            f"Chromium {browser.version}, headless, 1400 x 900; {effort.seconds} s each, ", end=""
        )
        print(f"{effort.presses} presses each")
        print(f"{'':51}charts    long tasks    click to frame, ms: median, max    last step")
        print(
            f"{'':32} redraws/s  steps/s rebuilt      /s  share         Pause           Run"
            "     after Pause"
        )
        for query in QUERIES[: effort.queries]:
            page = open_page()
            print(measure(page, server.url, query, effort), flush=True)
            page.close()
        print(
            f"\nViews inside the network, {effort.view_seconds} s each: redraws/s, charts rebuilt, "
            "share of long tasks"
        )
        for view in effort.views:
            page = open_page()
            print(measure_view(page, server.url, view, effort.view_seconds), flush=True)
            page.close()
        print("\n" + measure_replay(open_page(), server.url, effort))


if __name__ == "__main__":
    main()
