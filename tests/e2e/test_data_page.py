"""The Data page as a person with a file opens it."""

from __future__ import annotations

import math
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.app import DataPage

DAYS = [(day, month) for month in range(1, 13) for day in range(1, 29)][:330]
FILE = "\n".join(
    [
        "Datum;Umsatz (€)",
        *(
            f"{day:02d}.{month:02d}.2024;{100 + 20 * math.sin((28 * month + day) / 3):.1f}"
            for day, month in DAYS
        ),
    ]
)


def test_a_file_is_read_trained_on_and_kept_out_of_the_link(
    open_window: Callable[..., DataPage],
) -> None:
    train = open_window(DataPage, "/data?file=sales.csv:0123456789abcdef")
    page = train.page
    expect(page.get_by_text("This link was made with")).to_be_visible()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "sales.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    expect(page.get_by_text("330 rows")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("This link was made with")).to_have_count(0)
    expect(page.get_by_text("How the file was read")).to_be_visible()
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    go = page.get_by_role("button", name="Train on this")
    expect(go).to_have_count(1)
    go.click()
    train.wait_for_step(0)
    expect(page.get_by_text("Does not beat persistence")).to_be_visible(timeout=60_000)
    train.press("step")
    train.expect_step(1)
    assert "sales.csv" in page.url
    assert "Umsatz" not in page.url
