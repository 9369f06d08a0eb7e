from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
import vl_convert
from PIL import Image

from dashboard.charts.base import Chart
from dashboard.charts.standalone import html, picture
from dashboard.run.charts import loss
from dashboard.run.figure import figure
from dashboard.train.replay.spec import replay
from rnn_core import RunConfig
from tests.dashboard.runs import run_after
from tests.dashboard.sent_charts import rows


@pytest.fixture(scope="module")
def shown() -> Chart:
    return replay(run_after(12, RunConfig(cell="lstm", hidden_size=4)))


def embedded(page: str) -> dict[str, Any]:
    """The specification inside a saved replay."""
    found = re.search(r"^const chart = (.*);$", page, re.MULTILINE)
    assert found
    spec: dict[str, Any] = json.loads(found[1].replace("<\\/", "</"))
    return spec


def test_the_file_holds_all_it_needs(shown: Chart) -> None:
    page = html(shown, "zh_CN", "a < b", "how to </script> read", "lr\u00a00.02")
    assert not re.search(r"(src|href)\s*=", page.split("<script>")[0])
    assert page.count("</script>") == page.count("<script>") == 2
    assert "vegaEmbed" in page
    assert '<html lang="zh-CN">' in page
    assert "<h1>a &lt; b</h1>" in page
    assert "how to &lt;/script&gt; read" in page
    spec = embedded(page)
    assert vl_convert.vegalite_to_svg(spec, vl_version="6.4").startswith("<svg")


def test_the_file_has_the_replays_rows_to_five_digits(shown: Chart) -> None:
    spec = embedded(html(shown, "en", "", "", ""))
    for name, table in rows(shown).items():
        written = spec["datasets"][name]
        assert len(written) == len(table)
        for row, original in zip(written, table, strict=True):
            assert row.keys() == original.keys()
            for key, value in original.items():
                exact = isinstance(value, (int, str))
                assert row[key] == (value if exact else pytest.approx(value, rel=5e-5))


def test_on_a_dark_page_every_colour_of_the_theme_is_another(shown: Chart) -> None:
    page = html(shown, "en", "", "", "")
    found = re.search(r"^const dark = (.*);$", page, re.MULTILINE)
    assert found
    dark = json.loads(found[1])
    assert dark["#D55E00"] == "#F08A3C"  # the prediction
    spec = embedded(page)
    config = spec["config"]
    for colour in (
        *config["range"]["category"],
        *config["range"]["diverging"],
        spec["background"],
        config["title"]["color"],
        config["axis"]["labelColor"],
        config["axis"]["gridColor"],
        *re.findall(r"#[0-9A-Fa-f]{6}\b", json.dumps(spec["vconcat"])),
    ):
        assert dark[colour] != colour


def test_the_file_has_colours_that_every_browser_knows(shown: Chart) -> None:
    spec = embedded(html(shown, "en", "", "", ""))
    text = json.dumps(spec["vconcat"])
    assert '"#D55E00"' in text
    assert not re.search('"(gray|orange|blue)"', text)
    assert len(spec["config"]["range"]["diverging"]) == 10


def test_a_picture_is_as_wide_as_a_printed_page_and_white() -> None:
    made = Image.open(io.BytesIO(picture(loss(run_after(12).frame()), "zh_CN", "png")))
    assert 1900 < made.width < 2100
    assert made.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    drawn = picture(figure(run_after(2).frame()), "zh_CN", "svg").decode()
    assert "Noto Sans CJK SC" in drawn
    assert "#D55E00" in drawn
