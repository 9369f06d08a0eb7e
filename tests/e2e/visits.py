"""Every page and state that is looked at: by axe-core, by the geometry checks, in pictures.

A visit opens an address once and goes through several states, so that a state costs a click rather
than a page. Nothing is found by a text, so that every language has the same visits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from dashboard.learn.registry import LESSONS
from dashboard.run.views.registry import VIEWS
from tests.e2e import geometry

# The page has been told everything, and what it is drawn of has stopped fading.
_AT_REST = """
  () => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
    && [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(
      chart => chart.querySelector('.marks'))
    && document.getAnimations().every(one => one.playState !== 'running'
      || one.effect.getComputedTiming().iterations === Infinity)
"""
#: Wide and narrow, in pixels.
WINDOWS = {1400: {"width": 1400, "height": 900}, 390: {"width": 390, "height": 844}}
PHONE = 640


def settle(page: Page) -> None:
    """Wait until a page that does not play is complete."""
    page.wait_for_function(_AT_REST, polling=50, timeout=60_000)


def change_theme(page: Page, scheme: str) -> None:
    """Light or dark; returns once all is drawn in it."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    # Until then the page is at rest in the theme before.
    page.wait_for_function(
        "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
        " === scheme",
        arg=scheme,
    )
    settle(page)


@dataclass(frozen=True, slots=True)
class State:
    """One state of a page.

    Args:
        name: in pictures and messages.
        enter: brings the page there from the state before.
        same: selectors of what is in it as in an earlier state.
    """

    name: str
    enter: Callable[[Page], None] = settle
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """An address, and the states that one goes through there.

    Args:
        name: in pictures and messages.
        address: path and query.
        states: in order.
    """

    name: str
    address: str
    states: tuple[State, ...]

    def go(self, page: Page, url: str) -> Iterator[str]:
        """Open the address and enter one state after the other; yields each one's name, at rest.

        Args:
            page: an open window.
            url: of the server.
        """
        page.goto(url + self.address)
        page.get_by_test_id("stMain").wait_for()
        page.wait_for_function(_AT_REST, polling=50, timeout=60_000)
        for state in self.states:
            state.enter(page)
            settle(page)
            yield f"{self.name}-{state.name}"


def _press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()


def _take_steps(page: Page, steps: int) -> None:
    reached = page.locator(".st-key-readouts [data-testid=stMetricValue]").first
    for step in range(1, steps + 1):
        _press(page, "step")
        expect(reached).to_have_text(str(step))


def _look(page: Page, view: str) -> None:
    choices = page.locator("[class*=st-key-look_] [role=radio]")
    choices.nth(list(VIEWS).index(view)).click()
    expect(choices.nth(list(VIEWS).index(view))).to_be_checked()
    if view != next(iter(VIEWS)):  # the default is not in the address
        expect(page).to_have_url(re.compile(f"look={view}"))


def _open_menu(page: Page, number: int) -> None:
    """Open one of the page's menus, those of the header among them, if there are so many."""
    page.keyboard.press("Escape")
    menus = page.get_by_test_id("stMain").get_by_test_id("stPopoverButton")
    if number < menus.count():
        menus.nth(number).click()
        body = page.get_by_test_id("stPopoverBody")
        # What is in a menu of the header is drawn once it is open.
        expect(body.get_by_role("button").or_(body.locator("p")).first).to_be_visible()


def _replay(page: Page) -> None:
    page.keyboard.press("Escape")
    _press(page, "replay")
    expect(page.locator(".st-key-replay_chart .marks").first).to_be_visible()


def _open_file_menu(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator(".st-key-files").get_by_role("button").first.click()
    expect(page.get_by_test_id("stPopoverBody").get_by_test_id("stFileUploader")).to_be_visible()


def _paste(page: Page, text: str, then: str) -> None:
    """Have a table read, and wait for what comes of it."""
    box = page.locator(".st-key-paste textarea")
    if not box.is_visible():
        page.locator(".st-key-source summary").first.click()
    box.fill(text)
    _press(page, "read")
    expect(page.locator(then).first).to_be_visible()


def _refuse(page: Page) -> None:
    """What is no table, once the series fits."""
    _press(page, "shorten")
    expect(page.locator(".st-key-shorten")).to_have_count(0)
    _paste(page, "a,b\n1,2", ".st-key-source [role=alert]")
    page.locator("[class*=st-key-waveform_] summary").click()
    expect(page.locator("[class*=st-key-waveform_] .marks").first).to_be_visible()


def _sweep(page: Page) -> None:
    """Start a sweep, or show it if another visit has started it, and wait for its end."""
    page.locator(".st-key-start_sweep button, .st-key-show_sweep button").first.click()
    expect(page.locator(".st-key-download_sweep_csv")).to_be_visible()
    expect(page.locator(".st-key-stop_sweep")).to_have_count(0, timeout=60_000)
    settle(page)
    _brush(page)


# Lines of the parallel coordinates that no brush leaves out: 8 points, 4 of each value.
_STRONG = """{
  const strong = mark => mark.marktype === 'line'
    ? Number(mark.items.length > 2 && (mark.items[0].opacity ?? 1) > 0.3)
    : (mark.items ?? []).flatMap(item => item.items ?? []).map(strong).reduce((a, b) => a + b, 0);
  return strong(view.scenegraph().root);
}"""


def _brush(page: Page) -> None:
    """Brush two axes of the parallel coordinates one after the other, and take one brush away."""
    chart = page.locator(".st-key-parallel .marks")
    chart.scroll_into_view_if_needed()
    number = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].findIndex(
          chart => chart.closest('.st-key-parallel'))"""
    )

    def expect_strong(lines: int) -> None:
        found = -1
        for _look in range(50):
            found = geometry.in_chart(page, number, f"(() => {_STRONG})()")
            if found == lines:
                return
            page.wait_for_timeout(40)
        raise AssertionError(f"{found} lines are strong in place of {lines}.")

    def at(axis: int, level: float) -> tuple[float, float]:
        """Where a value of a setting is on the screen."""
        place = (
            "(() => { const [x, y] = view.origin(); "
            f"return [x + view.scale('x')({axis}), y + view.scale('y')({level})]; }})()"
        )
        x, y = geometry.in_chart(page, number, place)
        box = chart.bounding_box()
        assert box
        return box["x"] + x, box["y"] + y

    def drag(axis: int, start: float, end: float) -> None:
        page.mouse.move(*at(axis, start))
        page.mouse.down()
        page.mouse.move(*at(axis, (start + end) / 2))
        page.mouse.move(*at(axis, end))
        page.mouse.up()

    expect_strong(8)
    drag(0, -0.05, 0.4)  # one cell
    expect_strong(4)
    drag(1, 0.6, 1.05)  # and one size
    expect_strong(2)
    page.mouse.click(*at(1, 0.5))
    expect_strong(4)


def _open_room(page: Page) -> None:
    _press(page, "open_room")
    expect(page.locator(".st-key-own_seeds")).to_be_visible()


def _close_room(page: Page) -> None:
    page.locator(".st-key-board_choices").get_by_test_id("stPopoverButton").last.click()
    _press(page, "close_room")
    expect(page.locator(".st-key-open_room")).to_be_visible()


def _join_room(page: Page) -> None:
    """Have a pupil elsewhere join the room that is shown."""
    room = re.search("room=([2-9A-Z]{6})", page.url)
    browser = page.context.browser
    assert room
    assert browser
    pupil = browser.new_page()
    pupil.goto(f"{urljoin(page.url, '/')}?room={room[1]}")
    name = pupil.locator(".st-key-invitation_row input")
    name.fill("Ada")
    name.press("Enter")
    expect(name).to_have_count(0)
    pupil.close()
    expect(page.locator(".st-key-board .marks")).to_be_visible()


def _write(page: Page, key: str, text: str) -> None:
    """Write a text that is refused, into the widgets of a new sweep."""
    _press(page, "new_sweep")
    box = page.locator(f"[class*=st-key-{key}] input")
    box.fill(text)
    box.press("Enter")
    expect(page.locator(".st-key-space [role=alert]").first).to_be_visible()


def _other_tab(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("[class*=st-key-view_] [role=radio]").nth(1).click()
    expect(page.locator("[class*=st-key-span_preset]")).to_be_visible()


# What stands above the views inside the network.
_ABOVE = tuple(f".st-key-{key}" for key in ("verdict", "picture", "history", "following"))
TRAIN = Visit(
    "train",
    "/?cell=lstm&window_length=6",
    (
        State("untrained"),
        State("stepped", partial(_take_steps, steps=3)),
        *(State(view, partial(_look, view=view), _ABOVE) for view in VIEWS),
        State("experiments", partial(_open_menu, number=0)),
        State("file", _open_file_menu),
        State("replay", _replay),
    ),
)
# Too short for windows of 24 rows, with a gap, and with a name that is long.
_TABLE = "\n".join(
    [
        "month\tsales (€)\tmean temperature of the air outside",
        *(
            f"{2010 + n // 12}-{n % 12 + 1:02d}\t{'' if n == 7 else 100 + n}\t{n % 12}.5"
            for n in range(150)
        ),
    ]
)
DATA = Visit(
    "data",
    "/data",
    (
        State("bundled"),
        State("pasted", partial(_paste, text=_TABLE, then=".st-key-shorten button")),
        State("refused", _refuse),
    ),
)
SWEEPS = Visit(
    "sweeps",
    "/sweeps?vary=cell:rnn,gru;hidden_size:2,3;lr:0.01,0.02&sweep_steps=20&sweep_seeds=2",
    (
        State("empty"),
        State("finished", _sweep),
        State("refused", partial(_write, key="vary_lr", text="quick")),
    ),
)
COMPARE = Visit(
    "compare",
    "/compare?seeds=2",
    (
        State("untrained"),
        State("stepped", partial(_take_steps, steps=2)),
        *(State(f"menu-{number}", partial(_open_menu, number=number)) for number in range(3)),
        State("memory", _other_tab),
    ),
)
LEARN = tuple(
    Visit(
        f"learn-{key}",
        f"/learn?lesson={key}&answers={number}a",
        (State("opened"),),
    )
    for number, key in enumerate(LESSONS, start=1)
)
BOARD = Visit(
    "board",
    "/board",
    (
        State("closed"),
        State("opened", _open_room),
        State("joined", _join_room),
        State("ended", _close_room),
    ),
)
INVITED = Visit("invited", "/?room=ABC234", (State("no-room"),))
QUESTION = Visit("learn", "/learn", (State("question"),))
VISITS = (TRAIN, COMPARE, DATA, SWEEPS, BOARD, INVITED, QUESTION, *LEARN)
