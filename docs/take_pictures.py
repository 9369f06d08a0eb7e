"""Take pictures of every page and state, and say how they differ from earlier ones.

``make pictures`` does. Fonts differ from machine to machine: compare pictures of one machine only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser

from tests.e2e.app import launch_browser, serve
from tests.e2e.visits import QUESTION, VISITS, Visit

#: High enough for most of what is below the fold, in pixels.
SIZES = {1400: {"width": 1400, "height": 1700}, 390: {"width": 390, "height": 2600}}
SCHEMES = ("light", "dark")
LOCALES = ("en-US", "zh-CN")
# Differences of a colour that are noise, out of 255.
_NOISE = 16


def take(browser: Browser, url: str, folder: Path, visit: Visit, window: Window) -> list[Path]:
    """Take a picture of each state of a visit; returns their paths.

    Args:
        browser: takes them.
        url: of the server.
        folder: where they go.
        visit: which states.
        window: in which window.
    """
    page = browser.new_page(
        viewport=SIZES[window.width],  # type: ignore[arg-type]
        color_scheme=window.scheme,  # type: ignore[arg-type]
        locale=window.locale,
        reduced_motion="reduce",
    )
    page.set_default_timeout(60_000)
    taken = []
    for name in visit.go(page, url):
        page.mouse.move(0, 0)
        taken.append(folder / f"{name}-{window.name}.png")
        page.screenshot(path=taken[-1])
    page.close()
    return taken


@dataclass(frozen=True, slots=True)
class Window:
    """How a window is.

    Args:
        width: in pixels.
        scheme: light or dark.
        locale: of the reader.
    """

    width: int
    scheme: str
    locale: str

    @property
    def name(self) -> str:
        """In a picture's file name."""
        return f"{self.width}-{self.scheme}-{self.locale[:2]}"


def windows() -> Iterator[Window]:
    """Each width in each theme and language."""
    for width in SIZES:
        for scheme in SCHEMES:
            for locale in LOCALES:
                yield Window(width, scheme, locale)


def difference(old: Path, new: Path) -> float:
    """The share of pixels that differ visibly, from 0 to 1; 1 if the sizes differ."""
    with Image.open(old) as before, Image.open(new) as after:
        if before.size != after.size:
            return 1.0
        apart = ImageChops.difference(before.convert("RGB"), after.convert("RGB"))
    largest = ImageChops.lighter(ImageChops.lighter(*apart.split()[:2]), apart.split()[2])
    changed = sum(largest.histogram()[_NOISE + 1 :])
    return changed / (largest.width * largest.height)


def comparison(old: Path, new: Path) -> list[str]:
    """What differs between two folders of pictures, a line each, the largest change first."""
    names = {folder: {path.name for path in folder.glob("*.png")} for folder in (old, new)}
    shares = {name: difference(old / name, new / name) for name in names[old] & names[new]}
    changed = sorted(((share, name) for name, share in shares.items() if share), reverse=True)
    return [
        *(f"{share:8.2%}  {name}" for share, name in changed),
        *(f"    gone  {name}" for name in sorted(names[old] - names[new])),
        *(f"     new  {name}" for name in sorted(names[new] - names[old])),
        f"{len(changed)} of {len(shares)} pictures differ.",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the pictures; compare them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("pictures"))
    parser.add_argument("--compare", type=Path, metavar="OLD_DIR", help="pictures taken earlier")
    parser.add_argument("--quick", action="store_true", help="one page, wide and narrow, light")
    chosen = parser.parse_args(arguments)
    if chosen.compare and chosen.compare.resolve() == chosen.folder.resolve():
        parser.error("The earlier pictures would be overwritten: move them, or choose a --folder.")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    visits = (QUESTION,) if chosen.quick else VISITS
    taken = [one for one in windows() if not chosen.quick or one.name.endswith("light-en")]
    with serve() as server, launch_browser() as browser:
        for window in taken:
            for visit in visits:
                for path in take(browser, server.url, chosen.folder, visit, window):
                    print(path)
    if chosen.compare:
        print("\n".join(comparison(chosen.compare, chosen.folder)))


if __name__ == "__main__":
    main()
