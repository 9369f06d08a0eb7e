"""Pictures of every page and state, and their comparison with earlier ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from docs.take_pictures import comparison, difference, main
from tests.benchmarks.commands import require_browser, run_quickly


def picture(path: Path, *, changed: int = 0, size: tuple[int, int] = (10, 10)) -> Path:
    """A gray picture, some of whose pixels are white."""
    path.parent.mkdir(exist_ok=True)
    image = Image.new("RGB", size, (128, 128, 128))
    for n in range(changed):
        image.putpixel((n % size[0], n // size[0]), (255, 255, 255))
    image.save(path)
    return path


def test_a_difference_is_the_share_of_pixels_that_differ_visibly(tmp_path: Path) -> None:
    gray = picture(tmp_path / "gray.png")
    assert difference(gray, gray) == 0
    assert difference(gray, picture(tmp_path / "some.png", changed=7)) == 0.07
    noise = Image.new("RGB", (10, 10), (130, 128, 127))
    noise.save(tmp_path / "noise.png")
    assert difference(gray, tmp_path / "noise.png") == 0
    assert difference(gray, picture(tmp_path / "large.png", size=(10, 11))) == 1


def test_a_comparison_lists_the_largest_change_first_and_what_came_or_went(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for name, before, after in [("a", 0, 3), ("b", 0, 0), ("c", 1, 9)]:
        picture(old / f"{name}.png", changed=before)
        picture(new / f"{name}.png", changed=after)
    picture(old / "gone.png")
    picture(new / "come.png")
    assert [line.split() for line in comparison(old, new)] == [
        ["8.00%", "c.png"],
        ["3.00%", "a.png"],
        ["gone", "gone.png"],
        ["new", "come.png"],
        ["2", "of", "3", "pictures", "differ."],
    ]


def test_earlier_pictures_are_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path), "--compare", str(tmp_path)])


def test_pictures_are_taken_of_the_running_page(tmp_path: Path) -> None:
    require_browser()
    old = tmp_path / "old"
    picture(old / "learn-question-390-light-en.png")
    new = tmp_path / "new"
    said = run_quickly("docs.take_pictures", "--folder", str(new), "--compare", str(old))
    assert {path.name for path in new.iterdir()} == {
        "learn-question-1400-light-en.png",
        "learn-question-390-light-en.png",
    }
    assert "100.00%  learn-question-390-light-en.png" in said
    for path in new.iterdir():
        colours = Image.open(path).convert("RGB").getcolors(maxcolors=1 << 24)
        assert colours is not None
        assert len(colours) > 100
