"""A log laid beside: it arrives, is read otherwise, survives, and goes."""

from __future__ import annotations

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from dashboard.compare.laid_log import Beside, LaidLog
from tests.dashboard.compare.test_page import click, healthy, names, page
from tests.rnn_core.io.logs.event_files import event as event_of
from tests.rnn_core.io.logs.event_files import event_file, simple

CSV = b"step,loss,val\n0,4,5\n10,2,3\n20,1,2\n"


def uploaded(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    # One file after another, as the test's uploader takes one; a browser sends several at once.
    for name, data in files:
        app.file_uploader[0].upload(name, data, "application/octet-stream")
        healthy(app.run())
    return app


def logs(app: AppTest) -> tuple[LaidLog, ...]:
    found = Beside()
    if "laid_logs" in app.session_state:
        found = app.session_state["laid_logs"]
    return found.logs


def drawn(app: AppTest, slot: int = 0) -> dict[str, list[object]] | None:
    """The rows of a log in the loss chart; None if there are none."""
    for dataset in app.get("vega_lite_chart")[0].proto.datasets:
        if dataset.name == "log":
            table = pa.ipc.open_stream(dataset.data.data).read_all()
            rows = table.filter(pa.compute.equal(table["log"], f"log {slot}"))
            found: dict[str, list[object]] = rows.drop_columns(["log"]).to_pydict()
            return found
    return None


def place(app: AppTest, option: object) -> AppTest:
    """Say what the next files become."""
    (box,) = [each for each in app.selectbox if str(each.key).startswith("laid_log_place")]
    return healthy(box.set_value(option).run())


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_files_are_seeds_of_one_log_until_they_are_removed() -> None:
    app = page()
    assert drawn(app) is None
    assert "not ranked" not in captions(app)
    app = place(uploaded(app, ("gru.csv", CSV)), 0)
    app = uploaded(app, ("b.csv", CSV.replace(b"4,5", b"8,5")))
    assert drawn(app) == {
        "step": [0, 10, 20],
        "median": [6, 2, 1],
        "low": [4.400000095367432, 2, 1],
        "high": [7.599999904632568, 2, 1],
    }
    said = captions(app)
    assert "Dash-dotted: `gru`, median and band of 2 runs." in said
    assert "Logs are drawn, not ranked: nothing says that they were trained on" in said
    assert "Dash-dotted. Files: 2. Runs: 2. Steps: 0 to 20." in said
    assert len(app.dataframe[0].value) == 3
    assert click(app, "remove_log_0").get("vega_lite_chart")
    assert logs(app) == ()
    assert drawn(app) is None


def test_several_logs_keep_their_colours_and_are_removed_one_by_one() -> None:
    app = page()
    for number, name in enumerate("abc"):
        app = place(app, "each" if number else "one")
        app = uploaded(app, (f"{name}.csv", CSV.replace(b"4,", b"%d," % (4 + number))))
    assert [each.log.name for each in logs(app)] == ["a", "b", "c"]
    assert [drawn(app, slot)["median"][0] for slot in range(3)] == [4, 5, 6]  # type: ignore[index]
    said = captions(app)
    for one in ("Dash-dotted: `a`", "Long dashes: `b`", "Dash and two dots: `c`"):
        assert f"{one}, one run." in said
    # There is room for no other, only for more runs of these.
    app = place(app, 2)
    app = uploaded(app, ("d.csv", CSV))
    assert [len(each.files) for each in logs(app)] == [1, 1, 2]
    spec = app.get("vega_lite_chart")[0].proto.spec
    app = click(app, "remove_log_1")
    assert [(each.log.name, each.slot) for each in logs(app)] == [("a", 0), ("c", 2)]
    assert app.get("vega_lite_chart")[0].proto.spec == spec
    app = uploaded(app, ("e.csv", CSV))
    assert [(each.log.name, each.slot) for each in logs(app)] == [("a", 0), ("e", 1), ("c", 2)]


def test_a_longer_log_is_drawn_as_far_as_the_contenders_or_whole() -> None:
    app = uploaded(page(), ("a.csv", b"step,loss\n0,8\n10,4\n40,1\n60,1\n"))
    assert drawn(app)["step"] == [0, 10, 40, 60]  # type: ignore[index]
    assert "Drawn up to" not in captions(app)
    app = click(app, "step_once")
    assert drawn(app)["step"] == [0, 10, 20]  # type: ignore[index]
    assert drawn(app)["median"] == [8, 4, 3]  # type: ignore[index]
    assert "Dash-dotted: `a`, one run. Drawn up to step 20 of 60. Logs are" in captions(app)
    healthy(app.toggle(key="laid_logs_whole_en").set_value(True).run())
    assert drawn(app)["step"] == [0, 10, 40, 60]  # type: ignore[index]
    assert "Drawn up to" not in captions(app)


def test_a_bad_file_gets_a_sentence_and_loses_nothing() -> None:
    app = uploaded(page(), ("a.csv", CSV), ("b.png", b"\x89PNG\r\n"))
    (error,) = app.error
    assert error.value.startswith("'b.png' is a picture, no table.")
    (kept,) = logs(app)
    assert len(kept.files) == 1
    app = uploaded(place(app, 0), ("c.csv", b"step,cost\n0,1\n1,2\n"))
    (error,) = app.error
    assert error.value == "'c.csv' has no column 'loss'. Lay files beside that have it."
    assert logs(app) == (kept,)
    app = uploaded(place(app, 0), ("d.csv", CSV))
    assert not app.error
    assert len(logs(app)[0].files) == 2


def test_columns_and_name_are_chosen_and_what_is_impossible_changes_nothing() -> None:
    app = uploaded(page(), ("a.csv", CSV))
    healthy(app.multiselect(key="laid_log_0_losses_en").set_value(["loss", "val"]).run())
    assert drawn(app)["median"] == [4.5, 2.5, 1.5]  # type: ignore[index]
    healthy(app.multiselect(key="laid_log_0_losses_en").set_value([]).run())
    assert [error.value for error in app.error] == ["Choose at least one loss."]
    assert app.multiselect(key="laid_log_0_losses_en").value == ["loss", "val"]
    healthy(app.selectbox(key="laid_log_0_step_en").set_value("val").run())
    assert drawn(app)["step"] == [2, 3, 5]  # type: ignore[index]
    spec = app.get("vega_lite_chart")[0].proto.spec
    healthy(app.text_input(key="laid_log_0_name_en").set_value("*mine* $x$").run())
    assert "Dash-dotted: `*mine* $x$`" in captions(app)
    assert app.get("vega_lite_chart")[0].proto.spec == spec


def test_a_tag_of_an_event_file_is_chosen() -> None:
    data = event_file(4, 2) + event_of(5, simple("val/loss", 3))
    app = uploaded(page(), ("events.out.tfevents.1.host", data))
    assert drawn(app)["median"] == [4, 2]  # type: ignore[index]
    healthy(app.multiselect(key="laid_log_0_losses_en").set_value(["val/loss"]).run())
    assert drawn(app) == {"step": [5], "median": [3], "low": [3], "high": [3]}
    assert not [box for box in app.selectbox if box.key and box.key.startswith("laid_log_0")]


def test_it_survives_steps_reset_other_contenders_and_another_language() -> None:
    app = uploaded(page(), ("a.csv", CSV))
    before = drawn(app)
    app = click(click(app, "step_once"), "reset")
    assert drawn(app) == before
    healthy(app.selectbox(key="preset_en").set_value("carry").run())
    assert names(app) == ["carried", "reset"]
    assert drawn(app) == before
    healthy(app.segmented_control(key="view_en").set_value("span").run())
    healthy(app.segmented_control(key="view_en").set_value("learning").run())
    assert drawn(app) == before
    app = healthy(app.menu_button(key="language_menu").click("zh_CN").run())
    assert drawn(app) == before
    assert "日志只绘出，不参与排名：无从得知它们是否在同一任务上训练。" in captions(app)
    assert app.multiselect(key="laid_log_0_losses_zh_CN").value == ["loss"]
