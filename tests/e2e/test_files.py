"""Files in a real browser: a run is saved, opened in another visit, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.app import TrainPage


def saved(train: TrainPage, name: str, folder: Path) -> Path:
    """The file behind a button of the menu, which is open."""
    with train.page.expect_download() as download:
        train.key(name).get_by_role("button").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_run_is_saved_opened_after_a_reload_and_goes_on(
    open_page: Callable[..., TrainPage], tmp_path: Path
) -> None:
    train = open_page("/?hidden_size=8&cell=gru")
    page, menu = train.page, train.key("files").get_by_role("button").first
    train.press("run")
    train.wait_for_step(12)
    train.press("run")
    train.expect_to_rest()
    step = int(train.number("step"))
    menu.click()
    run = saved(train, "save-safetensors", tmp_path)
    assert run.name == f"sin_to_cos-gru-seed-13-step-{step}.safetensors"
    history = saved(train, "save-history-csv", tmp_path)
    assert len(history.read_text().splitlines()) == step + 2
    assert saved(train, "save-loss-png", tmp_path).read_bytes().startswith(b"\x89PNG")
    page.keyboard.press("Escape")
    train.press("step")
    train.expect_step(step + 1)
    following = train.readout("loss").inner_text()

    train.open(page.url.split("?")[0])
    menu.click()
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files({"name": "a.safetensors", "mimeType": "", "buffer": b"hello"})
    expect(page.get_by_role("alert")).to_contain_text("no safetensors file")
    chooser.set_input_files(run)
    train.expect_step(step)
    expect(train.key("verdict")).to_contain_text(f"goes on from step {step}")
    assert "cell=gru" in page.url
    page.keyboard.press("Escape")
    train.press("step")
    train.expect_step(step + 1)
    assert train.readout("loss").inner_text() == following
