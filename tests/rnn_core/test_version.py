from __future__ import annotations

import re

import rnn_core
from rnn_core.version import __version__


def test_the_version_is_public_and_has_three_numbers() -> None:
    assert rnn_core.__version__ == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
