"""The live page in real Chromium: redraws a second, charts built anew, how fast a pause bites.

Run with ``python -m benchmarks.live_page``; ``make bench`` does.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.e2e.app import TrainPage, launch_browser, serve

SECONDS = 6
PAUSES = 7
QUERIES = (
    "",
    "?pace=20",
    "?pace=max&step_limit=1000000",
    "?cell=lstm",
    "?window_length=200&cell=gru",
)

COUNT_REDRAWS = """() => {
  window.redraws = 0;
  window.lastRedraw = 0;
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
# until the button says Run.
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


def measure(page: Page, url: str, query: str) -> str:
    """One line of the table."""
    train = TrainPage(page).open(url + query)
    train.press("run")
    train.wait_for_step(30)
    train.page.evaluate(COUNT_REDRAWS)
    train.watch_for_embeds()
    first = train.number("step")
    train.page.wait_for_timeout(SECONDS * 1000)
    redraws = train.page.evaluate("window.redraws") / SECONDS
    steps = (train.number("step") - first) / SECONDS
    embeds = train.embeds()
    delays = []
    for _ in range(PAUSES):
        delays.append(train.page.evaluate(PAUSE))
        train.press("run")
        train.wait_for_step(int(train.number("step")) + 5)
    last, answered = (sorted(delay) for delay in zip(*delays, strict=True))
    return (
        f"{query or '(default)':32} {redraws:9.1f} {steps:8.0f} {embeds:12d} "
        f"{statistics.median(last):9.0f} {last[-1]:6.0f} {statistics.median(answered):9.0f} "
        f"{answered[-1]:6.0f}"
    )


def main() -> None:
    """Print the table."""
    with serve() as server, launch_browser() as browser:
        print(f"Chromium {browser.version}, headless, 1400 x 900; pauses in ms over {PAUSES} tries")
        print(f"{'':56}charts   last step after   button answered")
        print(f"{'':32} redraws/s  steps/s  built anew    median    max    median    max")
        for query in QUERIES:
            page = browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
            print(measure(page, server.url, query), flush=True)
            page.close()


if __name__ == "__main__":
    main()
