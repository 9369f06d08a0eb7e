"""What a person sees and does on the Train page, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rnn_core import RunConfig
from tests.e2e.app import Server, TrainPage
from tests.e2e.visits import change_theme, settle

Open = Callable[..., TrainPage]


def test_the_untrained_network_has_spoken_and_the_keyboard_plays_steps_and_resets(
    open_page: Open,
) -> None:
    train = open_page()
    page = train.page
    assert train.number("step") == 0
    assert train.number("loss") > 0.3
    assert len(train.figure_pixels()) > 5_000
    expect(page.get_by_text("This is the untrained network")).to_be_visible()
    page.keyboard.press("ArrowRight")
    train.wait_for_step(1)
    page.keyboard.press("Space")
    train.wait_for_step(20)
    page.keyboard.press("Space")
    expect(train.key("run")).to_contain_text("Run")
    page.keyboard.press("Home")
    train.expect_step(0)
    # Exact values can be read by pointing. Only one window is drawn so far, at the left of the
    # figure; its samples are some pixels apart.
    canvas, told = train.chart("figure").locator("canvas"), page.locator("#vg-tooltip-element")
    for x in range(70, 190, 3):
        canvas.hover(position={"x": x, "y": 150})
        if told.is_visible() and "prediction" in told.inner_text():
            break
    expect(told).to_contain_text("prediction")


def test_run_trains_and_draws_without_building_a_chart_anew(open_page: Open) -> None:
    train = open_page("?pace=5")
    first = train.figure_pixels()
    train.press("run")
    train.wait_for_step(40)
    train.watch_for_embeds()
    train.wait_for_step(160)
    assert train.embeds() == 0
    assert train.figure_pixels() != first
    expect(train.page.get_by_test_id("stMain")).to_contain_text(
        "Carries memory across windows (held-out loss", timeout=30_000
    )


def test_pause_trains_no_further_step_and_step_adds_exactly_one(open_page: Open) -> None:
    train = open_page()
    for _ in range(2):
        train.press("run")
        train.wait_for_step(int(train.number("step")) + 15)
        train.press("run")
        train.expect_to_rest()
        paused = int(train.number("step"))
        train.press("step")
        train.expect_step(paused + 1)
        train.expect_to_rest()
    # While it plays, Step pauses.
    train.press("run")
    train.wait_for_step(int(train.number("step")) + 15)
    train.press("step")
    train.expect_to_rest()


def test_reset_gives_the_same_run_and_a_new_seed_another(open_page: Open) -> None:
    train = open_page()
    untrained = train.readout("loss").inner_text()
    train.press("step")
    train.wait_for_step(1)
    expect(train.readout("loss")).not_to_have_text(untrained)
    second = train.readout("loss").inner_text()
    train.press("run")
    train.wait_for_step(20)
    train.press("reset")
    train.expect_step(0)
    expect(train.readout("loss")).to_have_text(untrained)
    # What the page has drawn into the header stays where only its body runs.
    expect(train.page.get_by_role("button", name="File", exact=True)).to_be_visible()
    train.press("step")
    train.wait_for_step(1)
    expect(train.readout("loss")).to_have_text(second)
    train.press("reset")
    train.expect_step(0)
    expect(train.readout("loss")).to_have_text(untrained)
    train.press("new_seed")
    expect(train.readout("loss")).not_to_have_text(untrained)
    train.expect_step(0)
    expect(train.page).to_have_url(re.compile(r"seed=\d+"))


def test_the_loss_chart_keeps_its_width_when_a_long_run_begins_again(open_page: Open) -> None:
    train = open_page("?pace=max&hidden_size=4")
    train.press("run")
    train.wait_for_step(1000)
    train.press("run")
    train.expect_to_rest()
    plot = train.chart("loss").locator(".background").first
    width = (plot.bounding_box() or {})["width"]
    assert width > 200
    for restart in ("reset", "new_seed"):
        train.press(restart)
        train.expect_step(0)
        expect(train.chart("loss").locator(".mark-line path").first).to_be_visible()
        assert (plot.bounding_box() or {})["width"] == pytest.approx(width, abs=30)
        if restart == "reset":
            train.press("run")
            train.wait_for_step(1000)
            train.press("run")
            train.expect_to_rest()


def test_nothing_moves_from_the_first_step_to_the_verdict_and_a_click_on_the_loss_looks_back(
    open_page: Open,
) -> None:
    train = open_page("?pace=5")
    page = train.page

    def places() -> list[float]:
        """Tops of the parts above the views, and the height of the whole."""
        found: list[float] = page.evaluate(
            """() => {
              const keys = ['verdict', 'picture', 'history', 'following', 'inside'];
              const parts = keys.map(key => document.querySelector('.st-key-' + key));
              const tops = parts.map(part => part.getBoundingClientRect().top);
              const main = document.querySelector('[data-testid=stMain]');
              return [...tops, main.scrollHeight].map(Math.round);
            }"""
        )
        return found

    at_first = places()
    train.press("run")
    train.wait_for_step(60)
    assert places() == pytest.approx(at_first, abs=4)
    train.press("run")
    train.expect_to_rest()
    assert places() == pytest.approx(at_first, abs=4)
    newest = train.number("step")
    curve = train.chart("loss").locator(".mark-line path").first  # from step 0 to the newest
    train.watch_for_embeds()
    for share, height in [(0.5, 0.5), (0.25, 0.95), (0.25, 0.95), (0.75, 0.3)]:
        expect(curve).to_be_visible()
        left, top, width, tall = (curve.bounding_box() or {}).values()
        page.mouse.click(left + share * width, top + height * tall)
        page.wait_for_function(
            """([step, most]) => Math.abs(Number(document.querySelector(
              '.st-key-readouts [data-testid=stMetricValue]')?.innerText) - step) <= most""",
            arg=[share * newest, 0.05 * newest],
        )
    assert train.embeds() == 0
    page.get_by_role("radio", name="spectrum").click()
    picture = train.chart("state")
    expect(picture).to_be_in_viewport(ratio=0.5)


def test_a_slider_moved_mid_run_restarts_and_goes_on_but_the_learning_rate_does_not_restart(
    open_page: Open,
) -> None:
    train = open_page()
    train.press("run")
    train.wait_for_step(60)
    learning_rate = train.key("lr").get_by_role("slider")
    learning_rate.press("ArrowLeft")
    expect(train.page).to_have_url(re.compile(r"lr=0\.01\b"))
    assert train.number("step") >= 60
    hidden_units = train.key("hidden_size").get_by_role("slider")
    for _ in range(3):
        hidden_units.press("ArrowRight")
    expect(train.page).to_have_url(re.compile(r"hidden_size=35"))
    expect(train.page.get_by_text("Started again from step 0: hidden_size")).to_be_visible()
    before = train.number("step")
    train.wait_for_step(int(before) + 10)


def test_a_link_brings_its_settings_and_says_what_it_cannot_have(open_page: Open) -> None:
    train = open_page("?cell=gru&lr=0.013&carry_state=false&hidden_size=999&sead=3")
    expect(train.key("cell_en").get_by_role("combobox")).to_have_value("GRU")
    expect(train.key("lr")).to_contain_text("0.013")
    warnings = train.page.get_by_test_id("stAlert")
    expect(warnings).to_have_count(2)
    expect(warnings.first).to_contain_text(
        "The link asks for hidden_size=999. It must be a whole number from 1 to 256. 32 is used"
    )
    expect(warnings.last).to_contain_text("Did you mean seed?")


def test_divergence_is_told_calmly_and_the_last_finite_step_stays(open_page: Open) -> None:
    train = open_page("?optimizer=sgd&lr=1")
    train.press("run")
    told = train.page.get_by_test_id("stAlert")
    expect(told).to_contain_text("The loss stopped being a finite number at step")
    expect(told).to_contain_text("lower the learning rate")
    expect(told).to_contain_text("gradient clipping")
    last_finite = int(train.number("step"))
    expect(told).to_contain_text(f"at step {last_finite + 1}.")
    expect(told).to_contain_text(f"the last finite step, {last_finite}.")
    expect(train.key("run").get_by_role("button")).to_be_disabled()
    train.press("reset")
    train.expect_step(0)
    expect(train.key("run").get_by_role("button")).to_be_enabled()


def test_playing_stops_at_the_step_limit_where_the_test_part_can_be_forecast(
    open_page: Open,
) -> None:
    columns = quote("power (MW),temperature (°C)")
    train = open_page(
        "?step_limit=30&pace=20&task=series&series=tetouan&hidden_size=8&horizons=3"
        f"&inputs={columns}&targets={columns}"
    )
    train.press("run")
    expect(train.page.get_by_text("Stopped at the step limit, 30")).to_be_visible()
    expect(train.key("run")).to_contain_text("Run")
    assert train.number("step") == 30
    section = train.page.get_by_test_id("stExpander").filter(has_text="forecasts by horizon")
    train.expect_to_rest()
    section.locator("summary").click()
    section.get_by_role("button", name="Evaluate on the test part").click()
    said = "the weights are those of step 30 throughout"
    expect(section).to_contain_text(said, timeout=30_000)
    expect(section).to_contain_text("Mean MAE over 2 targets")
    expect(section.locator(".marks")).to_have_count(2)
    expect(section.get_by_test_id("stDataFrame")).to_be_visible()
    target = section.get_by_role("combobox")
    expect(target).to_have_value("power (MW)")
    # A list closes when the page is scrolled, as it is before a click on what is not in view.
    target.scroll_into_view_if_needed()
    train.page.wait_for_timeout(1000)
    target.click()
    train.page.get_by_role("option", name="temperature").click()
    expect(target).to_have_value("temperature (°C)")
    expect(section.locator(".marks")).to_have_count(2)
    expect(section).to_contain_text(said)


def test_a_second_tab_has_a_run_of_its_own_and_a_closed_one_leaves_the_server_idle(
    open_page: Open, server: Server
) -> None:
    process = psutil.Process(server.pid)

    def work(train: TrainPage) -> float:
        """CPU seconds that the server spends in a second and a half."""
        before = process.cpu_times()
        train.page.wait_for_timeout(1500)
        after = process.cpu_times()
        return after.user + after.system - before.user - before.system

    watcher, player = open_page(), open_page("?pace=max")
    player.press("run")
    player.wait_for_step(20)
    playing = work(watcher)
    assert watcher.number("step") == 0
    player.page.close()
    watcher.page.wait_for_timeout(500)
    assert work(watcher) < 0.2 * playing


def test_the_page_speaks_chinese_to_who_reads_chinese(open_page: Open) -> None:
    train = open_page(locale="zh-CN")
    expect(train.page.get_by_role("link", name="比较")).to_be_visible()
    expect(train.key("run")).to_contain_text("运行")
    train.press("run")
    train.wait_for_step(20)
    expect(train.key("run")).to_contain_text("暂停")
    expect(train.chart("loss")).to_contain_text("损失")


def test_the_page_fits_its_window_in_light_and_dark(open_page: Open, pictures: Path) -> None:
    train = open_page("?pace=5", viewport={"width": 1400, "height": 844})
    train.press("run")
    train.wait_for_step(60)
    train.press("run")
    expect(train.key("run")).to_contain_text("Run")
    for scheme, width in (("light", 1400), ("light", 390), ("dark", 390), ("dark", 1400)):
        change_theme(train.page, scheme)
        shade = train.page.evaluate(
            "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
            ".match(/\\d+/g).map(Number)"
        )
        assert (sum(shade[:3]) < 200) == (scheme == "dark")
        train.page.set_viewport_size({"width": width, "height": 844})
        train.page.wait_for_timeout(150)  # charts follow a little later
        settle(train.page)
        train.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
        train.page.screenshot(path=pictures / f"train-{scheme}-{width}.png")
        assert train.page.evaluate("document.documentElement.scrollWidth") <= width
        for name in ("figure", "loss", "state"):
            box = train.chart(name).locator(".marks").first.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        if width > 640:  # however far one scrolls, the player is there
            train.chart("state").scroll_into_view_if_needed()
            expect(train.key("run").get_by_role("button")).to_be_in_viewport()


def test_every_view_that_is_clicked_stays_chosen_and_is_redrawn_in_place_while_it_learns(
    open_page: Open,
) -> None:
    """A redraw that is under way still brings what was chosen before the click."""
    train = open_page("?cell=lstm&pace=1")
    page = train.page
    train.press("run")
    train.wait_for_step(10)
    for name in ["spectrum", "unrolled", "gates", "phase", "weights", "state"] * 2:
        view = page.get_by_role("radio", name=name, exact=True)
        view.click()
        train.wait_for_step(int(train.number("step")) + 12)
        assert view.is_checked(), name
        train.watch_for_embeds()
        train.wait_for_step(int(train.number("step")) + 8)
        assert train.embeds() == 0, name
    page.get_by_role("radio", name="spectrum", exact=True).click()
    said = page.get_by_text("Last time step: spectral radius")
    expect(said).to_be_visible()
    train.press("run")
    train.expect_to_rest()
    expect(said).to_be_visible()
    expect(page).to_have_url(re.compile("look=spectrum"))


def test_a_click_into_the_unrolled_window_selects_that_unit(open_page: Open) -> None:
    train = open_page("?look=unrolled", viewport={"width": 1400, "height": 1500})
    page = train.page
    main = page.get_by_test_id("stMain")
    chain = train.chart("state").locator("canvas")
    left, top, width, height = (chain.bounding_box() or {}).values()

    def click(time_step: int, down: float) -> None:
        along = (time_step + 0.2) / 10.8  # from before the first time step to behind the last
        page.mouse.click(left + along * width, top + down * height)

    def chosen(slider: str) -> Locator:
        return main.get_by_role("slider", name=slider)

    expect(chosen("Time step")).to_have_value("1")
    click(7, 0.45)
    expect(chosen("Time step")).to_have_value("7")
    expect(chosen("Hidden unit")).not_to_have_value("1")
    unit = chosen("Hidden unit").input_value()
    click(3, 0.2)  # above the cells: the unit stays
    expect(chosen("Time step")).to_have_value("3")
    click(7, 0.45)  # once more
    expect(chosen("Time step")).to_have_value("7")
    expect(chosen("Hidden unit")).to_have_value(unit)


def test_slow_motion_plays_in_place_until_it_is_switched_off(open_page: Open) -> None:
    train = open_page("?look=slow&cell=gru&window_length=3")
    page = train.page
    train.press("step")
    train.expect_step(1)
    switch = page.get_by_text("Play slowly")
    switch.click()
    phase = page.get_by_role("radio", name="2 loss")
    expect(phase).to_be_checked()
    train.watch_for_embeds()
    expect(page.get_by_role("radio", name="3 back through time")).to_be_checked()
    assert train.embeds() == 0
    assert train.number("step") == 1
    switch.click()
    train.expect_to_rest()


FRAME = "document.querySelector('.vega-bindings input[type=range]')?.value"


def picture(page: Page, replay: str) -> str:
    """What is drawn of the frame that is shown."""
    drawn: str = page.evaluate(f"document.querySelector('{replay} canvas.marks').toDataURL()")
    return drawn


def test_a_replay_plays_without_the_server_and_its_file_without_a_network(
    open_page: Open, browser: Browser, tmp_path: Path
) -> None:
    train = open_page()
    page = train.page
    for step in range(1, 7):
        train.press("step")
        train.expect_step(step)
    train.press("replay")
    page.wait_for_function(f"{FRAME} > 0")
    first = picture(page, ".st-key-replay_chart")
    heard: list[object] = []
    client = page.context.new_cdp_session(page)
    client.on("Network.webSocketFrameReceived", lambda message: heard.append(message))
    client.send("Network.enable")
    page.wait_for_function(f"{FRAME} == 6")  # it stops at its end
    expect(page.get_by_role("checkbox", name="Play")).not_to_be_checked()
    assert picture(page, ".st-key-replay_chart") != first
    assert heard == []
    for key in ("Space", "ArrowRight", "Home"):  # not for the player, which the replay hides
        page.keyboard.press(key)
    with page.expect_download() as saving:
        train.press("save_replay")
    file = tmp_path / saving.value.suggested_filename
    saving.value.save_as(file)
    assert heard != []  # saving asks for the file: the ear is open
    assert file.name == f"sin_to_cos-rnn-seed-{RunConfig().seed}-steps-6.html"
    page.get_by_role("button", name="Close").click()
    expect(train.key("replay_chart")).to_have_count(0)
    assert train.number("step") == 6  # in spite of the keys
    train.press("step")
    train.expect_step(7)
    page.keyboard.press("Home")
    train.expect_step(0)

    alone = browser.new_context(offline=True).new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    wrong: list[str] = []
    alone.on("pageerror", lambda error: wrong.append(str(error)))
    # Vega warns that it unites the domains of a band's two edges, which is meant.
    alone.on(
        "console",
        lambda said: None if "Using the union" in said.text else wrong.append(said.text),
    )
    alone.goto(file.as_uri())
    alone.wait_for_function(f"{FRAME} > 0")
    first = picture(alone, "#chart")
    alone.wait_for_function(f"{FRAME} == 6")
    assert picture(alone, "#chart") != first
    alone.get_by_role("checkbox", name="Play").check()
    alone.wait_for_function(f"{FRAME} == 2")
    assert asked == [file.as_uri()]
    assert wrong == []
    alone.context.close()
