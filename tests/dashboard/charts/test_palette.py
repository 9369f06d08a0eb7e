"""How far apart the colours of the theme are.

Differences are CIEDE2000, of which 2.3 is just noticeable. Colour vision deficiencies are complete
dichromacies, simulated after Machado, Oliveira and Fernandes (2009).
"""

from __future__ import annotations

import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from coloraide import Color

from dashboard.charts import palette

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
THEME = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
BACKGROUNDS = {"light": "#FFFFFF", "dark": "#0E1117"}  # Streamlit's
MODES = pytest.mark.parametrize("mode", ["light", "dark"])
VISIONS = pytest.mark.parametrize("vision", ["normal", "protan", "deutan", "tritan"])

# Drawn side by side, or in one plot; and on different pages, or as lines and areas.
TOGETHER = {"normal": 15, "protan": 10, "deutan": 10, "tritan": 10}
ANYWHERE = {"normal": 9, "protan": 4, "deutan": 4, "tritan": 4}


def groups(mode: str) -> dict[str, list[str]]:
    """The colours that are seen together."""
    own = THEME[mode]
    single = (
        palette.INPUT,
        palette.TARGET,
        palette.PREDICTION,
        palette.ONLINE_LOSS,
        palette.HELD_OUT_LOSS,
        palette.GRAVE,
    )
    scale = own["chartDivergingColors"]
    return {
        "signals and losses": [own[f"{name}Color"] for name in single],
        "contenders and logs": own["chartCategoricalColors"],
        "signed values": [scale[0], scale[-1]],
    }


def difference(one: str, other: str, vision: str) -> float:
    """Of two colours as they are seen."""
    seen = [Color(colour) for colour in (one, other)]
    if vision != "normal":
        seen = [colour.filter(vision, method="machado") for colour in seen]
    return float(seen[0].delta_e(seen[1], method="2000"))


@MODES
def test_every_meaning_has_a_colour_of_its_own(mode: str) -> None:
    every = [colour for group in groups(mode).values() for colour in group]
    assert len(every) == len(set(every)) == 6 + (6 + 3) + 2
    # Guides are gray like the input; they are thin or dashed, or text.
    assert palette.GUIDE == palette.INPUT


@MODES
@VISIONS
def test_colours_seen_together_differ_clearly(mode: str, vision: str) -> None:
    for group in groups(mode).values():
        for one, other in combinations(group, 2):
            assert difference(one, other, vision) >= TOGETHER[vision], (one, other)


@MODES
@VISIONS
def test_no_two_meanings_look_alike(mode: str, vision: str) -> None:
    every = [colour for group in groups(mode).values() for colour in group]
    for one, other in combinations(every, 2):
        assert difference(one, other, vision) >= ANYWHERE[vision], (one, other)


@MODES
def test_lines_and_marks_stand_out_from_the_page(mode: str) -> None:
    for group in groups(mode).values():
        for colour in group:
            assert Color(colour).contrast(BACKGROUNDS[mode], method="wcag21") >= 3, colour


@MODES
def test_guides_are_legible_as_text(mode: str) -> None:
    guide = Color(THEME[mode][f"{palette.GUIDE}Color"])
    assert guide.contrast(BACKGROUNDS[mode], method="wcag21") >= 4.5


@MODES
def test_the_scale_of_signed_values_is_monotonic_on_both_sides_of_zero(mode: str) -> None:
    lightness = [
        Color(colour).convert("lab")["l"] for colour in THEME[mode]["chartDivergingColors"]
    ]
    assert len(lightness) == 10
    sign = 1 if mode == "light" else -1
    assert all(sign * (later - earlier) > 0 for earlier, later in pairwise(lightness[:5]))
    assert all(sign * (later - earlier) < 0 for earlier, later in pairwise(lightness[5:]))
    # Zero is hardly seen.
    assert Color(THEME[mode]["chartDivergingColors"][4]).contrast(BACKGROUNDS[mode]) < 1.5


@MODES
def test_amounts_stand_out_the_more_the_larger_they_are(mode: str) -> None:
    contrasts = [
        Color(colour).contrast(BACKGROUNDS[mode], method="wcag21")
        for colour in THEME[mode]["chartSequentialColors"]
    ]
    assert len(contrasts) == 10
    assert all(later > earlier for earlier, later in pairwise(contrasts))


def test_the_test_sees_what_a_colour_blind_person_cannot() -> None:
    assert difference("#FF0000", "#808000", "normal") > 30
    assert difference("#D73027", "#7A7A00", "deutan") < 5
