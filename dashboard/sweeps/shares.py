"""How much of a sweep's results each setting explains, and how much chance does, as bars."""

from __future__ import annotations

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.text import capital, setting_name
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    Chart,
    Spec,
    contender_scale,
    layer,
    same,
    specification,
)
from dashboard.charts.kept import kept
from rnn_core.experiments.sweep import Importance, Space

# In pixels: a bar, and what stands around all.
_BAR, _AROUND = 34, 76
_SHARES = Table(name=str, share=float, label=str, kind=str)
# Kinds of bars: one setting, several at once, seeds.
_SETTING, _TOGETHER, _SEEDS = "setting", "together", "seeds"


def shares(space: Space, found: Importance) -> Chart:
    """A bar for each setting, one for what several decide together, and one for the seeds.

    Args:
        space: of the sweep.
        found: how much each explains.
    """
    rows = [
        (capital(setting_name(name)), share, _SETTING) for name, share in found.settings.items()
    ]
    rows.append((_together(len(rows), found.seeds is None), found.together, _TOGETHER))
    if found.seeds is not None:
        rows.append((_("Seeds"), found.seeds, _SEEDS))
    return Chart(
        _spec(current_language(), tuple(name for name, _share, _kind in rows)),
        {
            "shares": _SHARES.rows(
                *zip(
                    *((name, share, percent(share), kind) for name, share, kind in rows),
                    strict=True,
                )
            )
        },
        _("Bars: the share of the variance that each setting, several together and seeds explain."),
    )


def percent(share: float) -> str:
    """A share in words."""
    return "< 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def _together(settings: int, one_seed: bool) -> str:
    if settings > 1:
        return _("Several together, and chance") if one_seed else _("Several together")
    return _("Chance") if one_seed else _("Within groups of values")


@kept(64)
def _spec(language: str, names: tuple[str, ...]) -> Spec:
    x = alt.X(
        "share:Q",
        title=_("share of the variance"),
        scale=alt.Scale(domain=[0, 1.1], nice=False),
        axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], grid=True),
    )
    y = alt.Y(
        "name:N",
        title=None,
        sort=None,
        scale=alt.Scale(domain=list(names), padding=0.3),
        axis=alt.Axis(grid=False, labelLimit=150),
    )
    colour = alt.Color("kind:N", scale=contender_scale((_SETTING, _TOGETHER)), legend=None)
    tooltip = [
        alt.Tooltip("name:N", title=_("explained by")),
        alt.Tooltip("label:N", title=_("share of the variance")),
    ]
    place = {"x": same(x), "y": same(y)}
    explained = layer("shares").transform_filter(f"datum.kind != '{_SEEDS}'").mark_bar()
    # Chance is no setting, and has the colour of what is none.
    chance = layer("shares").transform_filter(f"datum.kind == '{_SEEDS}'").mark_bar()
    labels = layer("shares").mark_text(align="left", dx=5, fontSize=12)
    return specification(
        alt.layer(
            explained.encode(x=x, y=y, color=colour, tooltip=tooltip),
            chance.encode(**place, color=GUIDE, tooltip=tooltip),
            labels.encode(**place, text="label:N", color=GUIDE),
        ).properties(
            title=_("What the values depend on"),
            height=_AROUND + _BAR * len(names),
            usermeta=CANVAS,
        )
    )
