"""Hostile links, tables, logs, weights and pasted text, and what must hold whatever they are.

Run with ``python -m tests.faults.strangers``; ``make test-faults`` does. Pages are run by
Streamlit's own test runner, readers are called directly. Inputs follow from the seed; one for which
something does not hold is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import struct
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from dashboard.app.link import read_link, write_link
from dashboard.app.restrictions import HIDE, LOCK
from dashboard.app.settings import checked, table_of
from dashboard.app.text import problem as in_words
from dashboard.board import settings as board_settings
from dashboard.compare import settings as compare_settings
from dashboard.data.draft import Draft
from dashboard.data.page import DATA
from dashboard.train import settings as train_settings
from dashboard.train.files import opening
from rnn_core import RunConfig, Trainer
from rnn_core.io import load_checkpoint, save_checkpoint, save_weights
from rnn_core.io.logs.log import joined
from rnn_core.io.logs.reading import read_log
from tests.dashboard import data_page, train_page

ROOT = Path(__file__).parents[2]
TABLE = table_of(
    (
        LOCK,
        HIDE,
        *train_settings.SETTINGS,
        *compare_settings.SETTINGS,
        *board_settings.SETTINGS,
        *DATA.settings,
    )
)
#: Stands in every hostile text: where it is seen outside a code span, so is the markup around it.
MARK = "zqzq"
#: Seconds that no input may take on a busy machine, and MB that all of them may.
MOST_SECONDS, MOST_MB = 20.0, 600.0

MARKUP = (
    f"![{MARK}](http://{MARK}.invalid/a.png)",
    f"[{MARK}](javascript:alert(1))",
    f"<img src=x onerror=alert('{MARK}')>",
    f"<script>{MARK}</script>",
    f"**{MARK}** _{MARK}_ ~~{MARK}~~",
    f"${MARK}$ $$\\frac{{{MARK}}}{{0}}$$",
    f":red[{MARK}] :material/{MARK}: :{MARK}:",
    f"`` *{MARK}* ` {MARK} ``` *{MARK}*",
    f"# *{MARK}*\n\n- *{MARK}*\n\n> *{MARK}*",
    f"|{MARK}|\n|-|\n|{MARK}|",
    f"http://{MARK}.invalid/",
    f"www.{MARK}.invalid",
    f"{MARK}\x00{MARK}",
    f"\u202e{MARK}*\u200f",
    f"*{MARK}*\U0001f4a5\ufe0f\u200d",
    f"%00%2e%2e%2f*{MARK}*",
    f"{{{MARK}}} {{0}} {{name!r}} %s*",
    f"../../etc/{MARK}*",
    f"*{MARK}*" * 3_000,
    f"&lt;b&gt;*{MARK}*&#42;",
)
NUMBERS = (
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1e400",
    "9" * 5_000,
    "0x10",
    "1_0",
    "1e-400",
    "-0",
    "\u0663",
    "1,5",
    "",
    " ",
    "null",
    "[]",
    "[1,2]",
    "true",
)
# Fields of Streamlit's elements that it shows as Markdown or HTML, and elements that show text as
# it is, or numbers.
_INTERPRETED = ("body", "label", "help", "caption", "captions", "content", "title", "placeholder")
_LITERAL = ("text", "vega_lite_chart", "code")
# Of a pasted table: enough for the windows of the page.
_ROWS = 400
_SIGN = r"[*_\[\]<>$~|#\\&{}!\0]"
_NEAR_MARKUP = re.compile(rf"{_SIGN}\S{{0,9}}{MARK}|{MARK}\S{{0,9}}{_SIGN}|(//|www\.){MARK}")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


class Strangers:
    """Makes hostile inputs and checks what comes of them.

    Args:
        seed: of all choices.

    Attributes:
        counts: inputs of each kind.
        refused: of those, how many had something said about them in words.
        slowest: seconds of the input that took longest.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.slowest = 0.0
        trainer = Trainer(RunConfig(hidden_size=3))
        trainer.advance(3)
        self._run, self._weights = save_checkpoint(trainer), save_weights(trainer)

    def meet(self, kind: str) -> None:
        """Make an input of a kind and have it read.

        Raises:
            AssertionError: when something does not hold, with the input.
        """
        made, read = {
            "link": (self._link, _read_link),
            "table": (self._table, _read_table),
            "log": (self._log, _read_log),
            "weights": (self._file, _read_weights),
            "page": (self._link, _open_page),
            "paste": (self._pasted, _paste),
        }[kind]
        given = made()
        self.counts[kind] += 1
        began = time.monotonic()
        try:
            said = list(read(given))
        except Exception as error:
            raise AssertionError(f"{kind} {given!r:.2000}: {error!r}") from error
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        assert took < MOST_SECONDS, f"{kind} {given!r:.2000} took {took:.1f} s."
        self.refused[kind] += bool(said)
        for sentence in said:
            check_text(sentence, f"{kind} {given!r:.2000}")
            # A page has long texts of its own.
            assert kind in ("page", "paste") or len(sentence) < 3_000, f"{kind} {given!r:.2000}"

    # --- inputs -----------------------------------------------------------------------------------

    def text(self) -> str:
        """A hostile text."""
        kind = self._random.randrange(5)
        if kind == 0:
            return self._random.choice(NUMBERS)
        if kind == 1:
            signs = "`![](){}<>*_:$\\\n\r\t\0 \u202e~|#&;%\"'" + MARK
            return MARK + "*" + "".join(self._random.choices(signs, k=self._random.randrange(60)))
        return self._random.choice(MARKUP)

    def _link(self) -> dict[str, str]:
        names = [*TABLE, "embed", "lang", self.text()[:2_000], "task", "lock", "hide", "vs", "look"]
        found = {
            name: self.text() for name in self._random.sample(names, self._random.randint(1, 6))
        }
        if self._random.random() < 0.3:
            joined = ";".join(f"{self._random.choice(names)}:{self.text()}" for _ in range(4))
            found["vs"] = joined
        if self._random.random() < 0.2:
            hidden = [self._random.choice(names) for _ in range(3)]
            found[self._random.choice(["lock", "hide"])] = ",".join([*hidden, self.text()])
        return found

    def _table(self) -> tuple[str, bytes]:
        columns = self._random.randint(1, 5)
        names = [self.text()[:300] for _ in range(columns)]
        rows = [
            [self._cell() for _ in range(columns + (self._random.random() < 0.02))]
            for _ in range(self._random.choice([0, 1, 5, 30, 60]))
        ]
        separator = self._random.choice([",", ";", "\t", "|"])
        lines = [separator.join(_quoted(each, separator) for each in row) for row in (names, *rows)]
        text = self._random.choice(["\n", "\r\n", "\r"]).join(lines)
        encoded = text.encode(self._random.choice(["utf-8", "utf-16", "utf-8-sig"]), "replace")
        return self._name(), self._broken(encoded) if self._random.random() < 0.2 else encoded

    def _name(self) -> str:
        return self.text()[:300] + self._random.choice(["", ".csv", ".xlsx", ".parquet", ".gz"])

    def _pasted(self) -> str:
        names = [self.text()[:60].replace("\n", " ") for _ in range(2)]
        rows = [f"{self._random.gauss(0, 1):.3f}\t{n / 7:.3f}" for n in range(_ROWS)]
        if self._random.random() < 0.3:
            rows[self._random.randrange(_ROWS)] = f"{self.text()[:99]}\t{self.text()[:99]}"
        return "\n".join(["\t".join(names), *rows])

    def _cell(self) -> str:
        if self._random.random() < 0.85:
            return f"{self._random.gauss(0, 1):.4f}"
        return self._random.choice([*NUMBERS[:-4], self.text()[:200]])

    def _log(self) -> tuple[str, bytes]:
        kind = self._random.randrange(3)
        if kind == 0:
            return self._name(), self._broken(self._run)
        if kind == 1:
            # As a file of TensorBoard begins, with lengths that lie.
            length = self._random.choice([0, 24, 2**31, 2**63])
            return self._name(), struct.pack("<QI", length, 0) + self._random.randbytes(64)
        names = ["step", f"loss {self.text()[:100]}"]
        rows = [[str(n), self._cell()] for n in range(self._random.choice([1, 20]))]
        lines = [",".join(_quoted(each, ",") for each in row) for row in (names, *rows)]
        return self._name(), "\n".join(lines).encode("utf-8", "replace")

    def _file(self) -> bytes:
        kind = self._random.randrange(6)
        if kind == 0:
            return self._broken(self._random.choice([self._run, self._weights]))
        if kind == 1:
            return self._lying_header()
        if kind == 2:
            return self._foreign_tensors()
        if kind == 3:
            return self._random.choice(
                [b"", b"\x80\x04}.", b"PK\x03\x04", self._random.randbytes(40)]
            )
        return self._changed(self._random.choice([self._run, self._weights]))

    def _broken(self, data: bytes) -> bytes:
        found = bytearray(data)
        for _ in range(self._random.randint(1, 8)):
            if found:
                found[self._random.randrange(len(found))] = self._random.randrange(256)
        return bytes(
            found[: self._random.randint(0, len(found))] if self._random.random() < 0.3 else found
        )

    def _lying_header(self) -> bytes:
        name = self._random.choice(["out.weight", "rnn.weight_ih_l0", self.text()[:200]])
        shape = self._random.choice(
            [[2**31, 2**31], [-1], [0], [10**12], [], [1] * 500, ["a"], None]
        )
        offsets = self._random.choice([[0, 4], [0, 2**62], [4, 0], [-4, 0], [], "x"])
        dtype = self._random.choice(["F32", "F16", "BF16", "I64", "F8_E4M3", "BOOL", "zz", 3])
        entry = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        header = json.dumps({name: entry, "__metadata__": {self.text()[:99]: self.text()[:999]}})
        if self._random.random() < 0.3:
            header = self._random.choice(
                [
                    "[" * 50_000,
                    '{"a":' * 5_000 + "1" + "}" * 5_000,
                    header[:-1] + "," + header[1:],
                    "nan",
                    "null",
                    '{"__metadata__":{"config":"' + "9" * 5_000 + '"}}',
                ]
            )
        encoded = header.encode("utf-8", "replace")
        length = self._random.choice([len(encoded)] * 4 + [0, 2**40, 2**64 - 1, len(encoded) - 1])
        return struct.pack("<Q", length) + encoded + b"\0" * self._random.choice([0, 4, 64])

    def _foreign_tensors(self) -> bytes:
        layer = torch.nn.GRU(1, 2)
        prefix = self._random.choice(["rnn.", "", self.text()[:100]])
        tensors = {f"{prefix}{name}": each.detach() for name, each in layer.named_parameters()}
        tensors["out.weight"], tensors["out.bias"] = torch.ones(1, 2), torch.zeros(1)
        place = self._random.choice(list(tensors))
        tensors[place] = self._random.choice(
            [
                torch.full((6, 1), float("nan")),
                torch.ones(6, 1).half(),
                torch.ones(6, 1).int(),
                torch.ones(0, 1),
                torch.ones(()),
                torch.ones(6, 10_001),
                tensors[place],
            ]
        )
        tensors[self.text()[:100]] = torch.ones(self._random.randint(0, 3))
        return save(tensors, {"config": self.text(), self.text()[:99]: self.text()})

    def _changed(self, data: bytes) -> bytes:
        """A file whose metadata says something else."""
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        known = header["__metadata__"]
        for _ in range(self._random.randint(1, 3)):
            name = self._random.choice([*known, self.text()[:99]])
            known[name] = self.text()
            if self._random.random() < 0.3 and "config" in known:
                settings = RunConfig(hidden_size=3).to_dict()
                changed = self._random.choice([*settings, self.text()[:99]])
                value = self._random.choice([self.text(), 10**30, None, [], {}, True, -1, 1.5])
                known["config"] = json.dumps(settings | {changed: value})
        encoded = json.dumps(header).encode("utf-8", "replace")
        return struct.pack("<Q", len(encoded)) + encoded + data[8 + length :]


# --- what comes of an input -----------------------------------------------------------------------


def _read_link(parameters: Mapping[str, str]) -> Iterator[str]:
    link = read_link(parameters, TABLE)
    task = link.values.get("task", RunConfig().task)
    for name, value in link.values.items():
        assert checked(TABLE[name], task, value) == value, name
    write_link(link.values, TABLE)
    yield from link.refusals


def _read_table(given: tuple[str, bytes]) -> Iterator[str]:
    name, data = given
    try:
        draft = Draft.read(name, data)
    except ValueError as error:
        yield in_words(error)
        return
    yield from map(in_words, draft.table.problems)
    if draft.problem is not None:
        yield in_words(draft.problem)
    elif draft.report is not None:
        yield from map(in_words, draft.report.messages)


def _read_log(given: tuple[str, bytes]) -> Iterator[str]:
    name, data = given
    try:
        log = read_log(data, name)
        joined(name, log.runs(log.guess()))
    except ValueError as error:
        yield in_words(error)


def _read_weights(data: bytes) -> Iterator[str]:
    try:
        checkpoint = load_checkpoint(data)
        here = opening.placed(checkpoint, RunConfig())
        opening.series_choices(here, opening.choices(here), None)
        here.trainer(engine="torch").advance(1)
    except ValueError as error:
        yield in_words(error)


def _open_page(parameters: Mapping[str, str]) -> Iterator[str]:
    """A link, opened on the Train page."""
    known = {name: text for name, text in parameters.items() if name}
    yield from _shown(train_page.page(**known))


def _paste(text: str) -> Iterator[str]:
    """A table, pasted on the Data page."""
    yield from _shown(data_page.paste(data_page.page(), text))


def _shown(app: AppTest) -> Iterator[str]:
    """All Markdown and HTML of a page that was run."""
    found: list[str] = []
    for node in _elements(app._tree):
        proto = getattr(node, "proto", None)
        if node.type == "dataframe":
            settings = json.loads(proto.columns or "{}")
            found += [str(each.get("help", "")) for each in settings.values()]
        elif hasattr(proto, "ListFields") and node.type not in _LITERAL:
            found += _texts(proto)
    assert not app.exception, app.exception
    return iter(found)


def _elements(node: Any) -> Iterator[Any]:
    children = getattr(node, "children", {})
    for child in children.values() if isinstance(children, dict) else ():
        yield child
        yield from _elements(child)


def _texts(message: Any) -> Iterator[str]:
    """The fields of an element that Streamlit interprets, at any depth."""
    for descriptor, value in message.ListFields():
        each = (
            value if not isinstance(value, str | bytes) and hasattr(value, "__iter__") else [value]
        )
        for one in each:
            if isinstance(one, str):
                if descriptor.name in _INTERPRETED:
                    yield one
            elif hasattr(one, "ListFields"):
                yield from _texts(one)


def check_text(text: str, given: str) -> None:
    """What a visitor reads: no markup from outside and no path of the server.

    Raises:
        AssertionError: when it is otherwise.
    """
    outside = _CODE.sub("", text)
    assert not _NEAR_MARKUP.search(outside), f"{given}: markup in {text!r}"
    for path in (str(ROOT), os.path.expanduser("~"), "site-packages", "Traceback"):
        assert path not in text, f"{given}: {path} in {text!r}"


def _quoted(text: str, separator: str) -> str:
    if any(sign in text for sign in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


#: What reads an input of each kind, and yields what it says to the visitor.
READERS = {
    "link": _read_link,
    "table": _read_table,
    "log": _read_log,
    "weights": _read_weights,
}
KINDS = tuple(READERS)
# Of so many inputs one is a link that a page opens, and one a text that is pasted.
PAGES_EVERY = 50


def main(arguments: Sequence[str] | None = None) -> None:
    """Meet so many strangers, and print the figures.

    Raises:
        SystemExit: when something did not hold.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=5000, help="how many; 5000")
    parser.add_argument("--seed", type=int, default=0, help="of the choices; 0")
    chosen = parser.parse_args(arguments)
    strangers, began, memory = Strangers(chosen.seed), time.monotonic(), _memory()
    try:
        for n in range(chosen.inputs):
            kind = {1: "page", 2: "paste"}.get(n % PAGES_EVERY, KINDS[n % len(KINDS)])
            strangers.meet(kind)
    except AssertionError as problem:
        print(problem)
        raise SystemExit(1) from None
    counts = ", ".join(
        f"{kind} {number} ({strangers.refused[kind]} answered in words)"
        for kind, number in sorted(strangers.counts.items())
    )
    took, grown = time.monotonic() - began, _memory() - memory
    print(f"{chosen.inputs} inputs in {took:.0f} s, seed {chosen.seed}: {counts}")
    print(f"the slowest took {strangers.slowest:.1f} s; memory rose by {grown:.0f} MB at most")
    if grown > MOST_MB:
        raise SystemExit(1)


def _memory() -> float:
    """The most that this process has taken, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
