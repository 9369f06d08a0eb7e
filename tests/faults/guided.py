"""Hostile files and links that are found by what they make the readers do.

Run with ``python -m tests.faults.guided table --seconds 300``. Atheris changes inputs that reach
new lines of the readers, where `tests.faults.strangers` draws them from what is known to be
hostile. What must hold is the same. An input for which it does not hold is printed and ends the
search with another exit status than 0.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl

import atheris

with atheris.instrument_imports(include=["rnn_core.io", "dashboard.data", "dashboard.app.link"]):
    from tests.faults import strangers

from rnn_core import RunConfig, Trainer
from rnn_core.io import save_checkpoint, save_weights

# Endings of a file's name, one for each way in which it may be read.
_ENDINGS = {
    "table": (".csv", ".tsv", ".xlsx", ".parquet", ""),
    "log": (".csv", ".jsonl", ".safetensors", ""),
}


def given(kind: str, data: bytes) -> Any:
    """What a reader is given: the bytes, as the kind of input that it reads."""
    if kind == "link":
        return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
    if kind in _ENDINGS:
        ending = _ENDINGS[kind][data[0] % len(_ENDINGS[kind])] if data else ""
        return f"a{ending}", data[1:]
    return data


def beginnings(kind: str) -> list[bytes]:
    """Inputs from which a search begins: such as are read."""
    trainer = Trainer(RunConfig(hidden_size=2))
    trainer.advance(2)
    run, weights = save_checkpoint(trainer), save_weights(trainer)
    rows = "".join(f"2024-01-{n + 1:02d},{n % 7},{n / 3:.2f}\n" for n in range(28)).encode()
    table = b"date,load,price\n" + rows
    return {
        "link": [
            b"task=echo&lag=3&cell=lstm&hidden_size=16",
            b"vs=hidden_size:8;cell:gru,lr:0.01&seeds=3&lock=lr&hide=settings&lang=zh_CN",
        ],
        "table": [b"\0" + table, b"\1" + table.replace(b",", b"\t"), b"\0" + table[16:]],
        "log": [
            b"\0step,loss,run\n0,1.5,a\n1,1.25,a\n",
            b'\1{"step": 0, "loss": 1.5}\n{"step": 1, "loss": 1.25}\n',
            b"\2" + run,
            b"\3" + struct.pack("<QI", 24, 0) + bytes(64),
        ],
        "weights": [run, weights],
    }[kind]


def main(arguments: Sequence[str] | None = None) -> None:
    """Search for so many seconds; ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=strangers.KINDS, help="what is read")
    parser.add_argument("--seconds", type=int, default=300, help="how long; 300")
    parser.add_argument("--seed", type=int, default=1, help="of all choices; 1")
    chosen = parser.parse_args(arguments)
    kind: str = chosen.kind

    def meet(data: bytes) -> None:
        for sentence in strangers.READERS[kind](given(kind, data)):
            strangers.check_text(sentence, f"{kind} {data!r:.2000}")

    with TemporaryDirectory() as folder:
        for number, data in enumerate(beginnings(kind)):
            Path(folder, str(number)).write_bytes(data)
        options = (f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}", "-timeout=20")
        found = f"-artifact_prefix={folder}/"
        atheris.Setup([sys.argv[0], *options, found, "-max_len=20000", folder], meet)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
