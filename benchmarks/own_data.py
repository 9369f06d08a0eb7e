"""A large file on the Data page, in Chromium: seconds to its preview, redraws, and memory.

Run with ``python -m benchmarks.own_data``; ``make bench-browser`` does. A CSV of a million rows is
uploaded and trained on. Then ten visitors, one after the other, upload 20 MB each and leave. The
memory of the server is its resident set: before the first of them, when those before have been gone
for three minutes, at most, and three minutes after the last. The server keeps a session for two
minutes after its visitor has left, who may come back, and needs up to another to free what it held.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect

from benchmarks.read_table import table_text
from benchmarks.timing import is_quick
from tests.e2e.app import DataPage, Server, launch_browser, serve

# Rows, seconds of training, visitors, rows of each one's file, and seconds until memory is read;
# quick ones after that.
FULL = 1_000_000, 10.0, 10, 450_000, 180.0
QUICK = 5_000, 0.5, 1, 2_000, 0.0
_PATIENCE = 120_000  # milliseconds


def upload(browser: Browser, url: str, file: Path) -> tuple[DataPage, float]:
    """Open the Data page and upload a file; the page, and the seconds until its preview."""
    data = DataPage(browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-US"))
    data.open(f"{url}/data")
    began = time.perf_counter()
    data.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    preview = data.key("corrections")
    expect(preview).to_be_visible(timeout=_PATIENCE)
    return data, time.perf_counter() - began


def redraws(data: DataPage, seconds: float) -> float:
    """Train on what was uploaded; redraws per second."""
    page = data.page
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=_PATIENCE)
    page.get_by_role("button", name="Train on this").click()
    expect(data.readout("step")).to_have_text("0", timeout=_PATIENCE)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=_PATIENCE)
    data.press("run")
    data.wait_for_step(5)
    first, began = data.number("step"), time.perf_counter()
    page.wait_for_timeout(1_000 * seconds)
    # One step a redraw.
    return (data.number("step") - first) / (time.perf_counter() - began)


def megabytes(server: Server) -> float:
    """The resident set of the server."""
    return psutil.Process(server.pid).memory_info().rss / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    rows, seconds, visitors, visitor_rows, wait = QUICK if is_quick(arguments, __doc__) else FULL
    with (
        tempfile.TemporaryDirectory() as folder,
        serve() as server,
        launch_browser() as browser,
    ):
        large, small = Path(folder, "large.csv"), Path(folder, "small.csv")
        large.write_bytes(table_text(rows))
        small.write_bytes(table_text(visitor_rows))
        data, until_preview = upload(browser, server.url, large)
        print(f"{'rows':22} {rows:8}")
        print(f"{'file':22} {large.stat().st_size / 1e6:8.1f} MB")
        print(f"{'preview':22} {until_preview:8.2f} s")
        print(f"{'redraws per second':22} {redraws(data, seconds):8.1f}")
        data.page.close()
        data, _seconds = upload(browser, server.url, small)  # code and caches are loaded
        data.page.close()
        time.sleep(wait)
        print(f"{'server before':22} {megabytes(server):8.0f} MB")
        most = 0.0
        for _visitor in range(visitors):
            data, _seconds = upload(browser, server.url, small)
            most = max(most, megabytes(server))
            data.page.close()
        time.sleep(wait)
        print(f"{'visitors':22} {visitors:8}")
        print(f"{'file of each':22} {small.stat().st_size / 1e6:8.1f} MB")
        print(f"{'server at most':22} {most:8.0f} MB")
        print(f"{'server after':22} {megabytes(server):8.0f} MB")


if __name__ == "__main__":
    main()
