"""The Class page: a teacher at a projector, and pupils who join, train, reload and leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from playwright.sync_api import Page, expect

from dashboard.board.store import Report, Store
from tests.e2e.app import LivePage, TrainPage


class BoardPage(LivePage):
    """The Class page, which has no player."""

    charts = 0

    def open(self, url: str) -> BoardPage:
        """Go there and wait until it can be used."""
        self.page.goto(url)
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)
        return self


def join(pupil: TrainPage, name: str) -> None:
    """Take a seat under a nickname."""
    box = pupil.page.get_by_role("textbox", name="your nickname")
    box.fill(name)
    box.press("Enter")
    expect(box).to_have_count(0)


def opened_by(page: Page, act: Callable[[], object]) -> str:
    """The address of the tab that an action opens, which is not loaded."""
    page.context.route("**/?*", lambda route: route.fulfill(body="", content_type="text/html"))
    with page.context.expect_page() as opened:
        act()
    tab = opened.value
    tab.wait_for_load_state()
    address = tab.url
    tab.close()
    page.context.unroute_all()
    return address


def test_a_teacher_sees_the_runs_of_pupils_live_and_opens_them(
    open_window: Any, pictures: Any
) -> None:
    teacher = open_window(BoardPage, "/board", has_touch=True)
    page = teacher.page
    teacher.key("open_room").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"\?room=[2-9A-Z]{6}$"))
    code = page.url[-6:]
    expect(page.get_by_text("Nobody has joined yet.")).to_be_visible()
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    link = teacher.key("invite_alone").locator("code").inner_text()
    query = link[link.index("?") :]
    assert query == f"?room={code}"

    # The first pupil is one of another server with the same folder.
    store = Store()
    bob = store.join(code, "Bob")
    store.report([(bob, Report("paused", "task=sin_to_cos&seed=1", 40, 0.3, 40, False, ()))])
    ada = open_window(TrainPage, f"/{query}&hidden_size=6")
    join(ada, "<b>Ada</b>")
    ada.expect_step(0)
    expect(ada.page).to_have_url(re.compile(rf"seed=2&.*room={code}"))  # a seed of one's own
    ada.press("step")
    expect(page.get_by_text("In the room: 2")).to_be_visible()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_contain_text("bAdab")
    ada.key("room_menu_en").get_by_role("button").click()
    ada.key("leave_room").get_by_role("button").click()
    expect(ada.key("room_menu_en")).to_have_count(0)
    expect(ada.page).not_to_have_url(re.compile("room="))
    expect(page.get_by_text("In the room: 1")).to_be_visible()
    ada.page.go_back()
    join(ada, "Ada")
    ada.press("run")
    ada.wait_for_step(10)

    expect(page.get_by_text("In the room: 2")).to_be_visible()
    expect(page.locator("canvas.marks, svg.marks")).to_be_visible()
    page.wait_for_function("() => document.body.innerText.includes('training: 1')")
    teacher.watch_for_embeds()
    page.wait_for_timeout(1_600)
    assert teacher.embeds() == 0  # points move, and the chart stays
    ada.press("run")
    expect(page.get_by_text("paused: 2")).to_be_visible()  # where a point is, it stays
    # A point is opened by a click, by a finger, and without both by its name.
    point = page.locator(".st-key-board .mark-symbol.role-mark path").last.bounding_box()
    assert point
    place = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
    for act in (page.mouse.click, page.touchscreen.tap):
        address = opened_by(page, partial(act, *place))
        assert "hidden_size=6" in address
        assert "room" not in address
    page.get_by_role("combobox", name="Run to open").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    opener = teacher.key("picked").get_by_role("link")
    expect(opener).to_be_visible()
    page.screenshot(path=pictures / "board.png")

    # A pupil's share has no room in it.
    expect(ada.key("room_menu_en")).to_contain_text(f"{code} · Ada")
    ada.key("share").get_by_role("button").click()
    shared = ada.key("share").get_by_role("textbox").input_value()
    assert "hidden_size=6" in shared
    assert "room" not in shared
    ada.page.keyboard.press("Escape")
    # After a reload the pupil has the seat, and the teacher the room.
    for one in (ada.page, page):
        one.reload(wait_until="commit")
    expect(teacher.key("own_seeds")).to_be_visible(timeout=20_000)
    expect(ada.key("room_menu_en")).to_contain_text(f"{code} · Ada", timeout=20_000)
    expect(ada.page.get_by_role("textbox", name="your nickname")).to_have_count(0)
    page.get_by_role("button", name="Close").first.click()
    teacher.key("close_room").get_by_role("button").click()
    expect(teacher.key("open_room")).to_be_visible()
    ada.press("step")
    expect(ada.key("no_room")).to_contain_text("no longer shown")
    ada.key("forget_room").get_by_role("button").click()
    expect(ada.key("no_room")).to_have_count(0)
