from __future__ import annotations

import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dashboard.charts import palette

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
THEME = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
BACKGROUNDS = {"light": "#FFFFFF", "dark": "#0E1117"}  # Streamlit's
MODES = pytest.mark.parametrize("mode", ["light", "dark"])

# Complete dichromacy in linear RGB: Machado, Oliveira and Fernandes (2009).
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# sRGB to CIE XYZ, white at D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ.sum(axis=1)


def linear(colour: str) -> NDArray[np.float64]:
    """Linear RGB of ``#rrggbb``."""
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* of linear RGB."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours after WCAG 2, from 1 to 21."""
    brighter, darker = sorted((TO_XYZ[1] @ linear(one), TO_XYZ[1] @ linear(other)), reverse=True)
    return float((brighter + 0.05) / (darker + 0.05))


def test_the_conversion_knows_black_white_and_red() -> None:
    np.testing.assert_allclose(lab(linear("#FFFFFF")), [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(lab(linear("#FF0000")), [53.24, 80.09, 67.20], atol=0.02)
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@MODES
def test_the_theme_defines_every_colour(mode: str) -> None:
    names = {
        palette.INPUT,
        palette.TARGET,
        palette.PREDICTION,
        palette.LOSS,
        palette.GUIDE,
        *palette.CONTENDERS,
    }
    for name in names:
        assert len(linear(THEME[mode][f"{name}Color"])) == 3


@MODES
@pytest.mark.parametrize("vision", VISIONS)
def test_contenders_can_be_told_apart_with_any_colour_vision(mode: str, vision: str) -> None:
    seen = {
        name: lab(VISIONS[vision] @ linear(THEME[mode][f"{name}Color"]))
        for name in palette.CONTENDERS
    }
    assert len(seen) == 6
    least = 30 if vision == "normal" else 6  # a difference of 2.3 is just noticeable
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > least, (one, other)


@MODES
@pytest.mark.parametrize("vision", VISIONS)
def test_input_target_and_prediction_differ_clearly(mode: str, vision: str) -> None:
    signals = (palette.INPUT, palette.TARGET, palette.PREDICTION)
    seen = [lab(VISIONS[vision] @ linear(THEME[mode][f"{name}Color"])) for name in signals]
    assert len(set(signals)) == 3
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(one - other) > 20


@MODES
def test_lines_stand_out_from_the_page(mode: str) -> None:
    for name in (palette.INPUT, palette.TARGET, palette.PREDICTION, palette.LOSS, palette.GUIDE):
        assert contrast(THEME[mode][f"{name}Color"], BACKGROUNDS[mode]) > 3, name
    for name in palette.CONTENDERS:
        assert contrast(THEME[mode][f"{name}Color"], BACKGROUNDS[mode]) > 2.2, name


@MODES
def test_the_diverging_scale_is_monotonic_on_both_sides_of_zero(mode: str) -> None:
    lightness = [float(lab(linear(colour))[0]) for colour in THEME[mode]["chartDivergingColors"]]
    assert len(lightness) == 10
    sign = 1 if mode == "light" else -1
    assert all(sign * (later - earlier) > 0 for earlier, later in pairwise(lightness[:5]))
    assert all(sign * (later - earlier) < 0 for earlier, later in pairwise(lightness[5:]))
