from __future__ import annotations

from pathlib import Path

import dashboard.train.reveal_panel as panel
from dashboard.app import player
from dashboard.train import page


def test_the_script_looks_for_what_the_page_has() -> None:
    folder = Path(panel.__file__).parent
    script = (folder / "reveal.js").read_text(encoding="utf-8")
    for key, module in {"inside": page, "bar": player}.items():
        assert f".st-key-{key}" in script
        assert f'key="{key}"' in Path(module.__file__).read_text(encoding="utf-8")
