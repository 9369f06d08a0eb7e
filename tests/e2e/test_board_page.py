"""The Class page: a teacher at a projector, and two pupils who join, train, reload and leave."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

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


def test_a_teacher_sees_the_runs_of_two_pupils_live(open_window: Any, pictures: Any) -> None:
    teacher = open_window(BoardPage, "/board")
    page = teacher.page
    teacher.key("open_room").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"\?room=[2-9A-Z]{6}$"))
    code = page.url[-6:]
    expect(page.get_by_text("Nobody has joined yet.")).to_be_visible()
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    link = teacher.key("invite_alone").locator("code").inner_text()
    query = link[link.index("?") :]
    assert query == f"?room={code}"

    ada = open_window(TrainPage, f"/{query}&hidden_size=6")
    join(ada, "Ada")
    ada.expect_step(0)
    expect(ada.page).to_have_url(re.compile(rf"seed=1&.*room={code}"))  # a seed of one's own
    ada.press("run")
    bob = open_window(TrainPage, f"/{query}&hidden_size=6")
    join(bob, "<b>Ada</b>")
    ada.wait_for_step(10)
    bob.press("step")
    bob.expect_step(1)

    expect(page.get_by_text("In the room: 2")).to_be_visible()
    expect(page.locator("canvas.marks, svg.marks")).to_be_visible()
    page.wait_for_function("() => document.body.innerText.includes('training: 1')")
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_contain_text("bAdab")
    teacher.watch_for_embeds()
    page.wait_for_timeout(1_600)
    assert teacher.embeds() == 0  # points move, and the chart stays
    point = page.locator(".st-key-board .mark-symbol.role-mark path").last.bounding_box()
    assert point
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    with page.context.expect_page() as opened:
        teacher.key("picked").get_by_role("link").click()
    assert "hidden_size=6" in opened.value.url
    assert "room" not in opened.value.url
    opened.value.close()
    page.screenshot(path=pictures / "board.png")

    # A pupil's share has no room in it; the page keeps it when it is reloaded.
    expect(ada.key("room_menu_en")).to_contain_text(f"{code} · Ada")
    ada.key("share").get_by_role("button").click()
    shared = ada.key("share").get_by_role("textbox").input_value()
    assert "hidden_size=6" in shared
    assert "room" not in shared
    ada.page.keyboard.press("Escape")
    ada.page.reload()
    expect(ada.key("room_menu_en")).to_contain_text(f"{code} · Ada", timeout=20_000)
    expect(ada.page.get_by_role("textbox", name="your nickname")).to_have_count(0)
    # The teacher still has the room after a reload, hides a nickname and closes.
    page.reload()
    expect(teacher.key("own_seeds")).to_be_visible(timeout=20_000)
    bob.key("room_menu_en").get_by_role("button").click()
    bob.key("leave_room").get_by_role("button").click()
    expect(bob.key("room_menu_en")).to_have_count(0)
    expect(bob.page).not_to_have_url(re.compile("room="))
    expect(page.get_by_text("In the room: 1")).to_be_visible()
    page.get_by_role("button", name="Close").first.click()
    teacher.key("close_room").get_by_role("button").click()
    expect(teacher.key("open_room")).to_be_visible()
    ada.press("step")
    expect(ada.key("no_room")).to_contain_text("no longer shown")
    ada.key("forget_room").get_by_role("button").click()
    expect(ada.key("no_room")).to_have_count(0)
