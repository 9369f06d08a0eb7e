"""The README's pictures: all three are taken of the running pages."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.benchmarks.commands import require_browser, run_quickly


def test_three_pictures_are_taken(tmp_path: Path) -> None:
    require_browser()
    run_quickly("docs.take_screenshot", "--folder", str(tmp_path))
    pictures = {path.name: Image.open(path) for path in tmp_path.iterdir()}
    assert set(pictures) == {"train-page.png", "slow-motion.png", "compare-page.png"}
    assert pictures["train-page.png"].size == (1400, 1000)
    assert pictures["compare-page.png"].size == (1400, 1000)
    for picture in pictures.values():
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 24)
        assert len(colours) > 100
