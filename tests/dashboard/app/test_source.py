from __future__ import annotations

from dashboard.app.source import TUTORIAL


def test_the_tutorial_has_its_author_and_its_address() -> None:
    assert TUTORIAL.title.startswith("Morvan Zhou, ")
    assert TUTORIAL.address.startswith("https://github.com/MorvanZhou/PyTorch-Tutorial/")
