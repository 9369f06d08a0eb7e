"""Hostile and odd files, from a seed: what a person may upload by mistake or on purpose."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tests.rnn_core.io.tables.workbooks import cell, ods, ods_cell, ods_row, rows, xlsx, zipped

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030", "latin-1", "cp1251")
CELLS = (
    "", " ", "0", "-1.5", "1e9", "1e999", "-inf", "NaN", "n/a", "1,5", "1.234,56", "1,234.5",
    "1 234", "12%", "$5", "(3)", "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "2026-01-31",
    "31.1.2026", "1/2/2026", "2026年1月31日", "99/99/9999", "1577836800", "20260131", "12:30",
    "2026-01-31T10:00:00+25:99", "日期", "größe", "\u202e\u200b", "\x1b[31m", "'", '"', '""',
    '"a\nb"', "a\tb", "{x}", "{0.__class__}", "%s%n", "<script>", "../../etc/passwd", "x" * 40_000,
    "9" * 400, "١٢٣", "−7", "1_000", "0x1F", "True", "null", "∞", "½", "\ufeff", "😀" * 9,
)  # fmt: skip


def odd_files(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents of so many files; the same for the same seed."""
    source = random.Random(seed)
    kinds = (text, near_text, text, damaged, noise, workbook, sheet, parquet, near_text)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield f"{kind.__name__}{number}", kind(source)


def text(source: random.Random) -> bytes:
    """Cells of all kinds between separators of all kinds, ragged at times."""
    separator = source.choice([",", ";", "\t", "|", " ", "  ", ", "])
    end = source.choice(["\n", "\r\n", "\r", "\n\n"])
    width = source.choice([1, 2, 2, 3, 3, 8, 8, 8, 199, 201])
    pool = [text for text in source.sample(CELLS, 7) if width < 9 or len(text) < 1_000]
    lines = []
    for _row in range(source.choice([0, 1, 2, 9, 40])):
        here = width if source.random() < 0.9 else source.randint(0, width + 3)
        lines.append(separator.join(source.choice(pool) for _cell in range(here)))
    made = source.choice(["", "", "# note\n", "Title\n", "\n\n"]) + end.join(lines)
    return made.encode(source.choice(ENCODINGS), "replace")


def near_text(source: random.Random) -> bytes:
    """A good table with a few bytes changed, removed or added."""
    good = bytearray("date,价格\n".encode(source.choice(["utf-8", "gb18030"])))
    good += b"".join(b"2026-01-%02d,%d.5\n" % (day, day) for day in range(1, 29))
    for _change in range(source.randint(1, 8)):
        place = source.randrange(len(good))
        change = source.randrange(3)
        if change == 0:
            good[place] = source.randrange(256)
        elif change == 1:
            del good[place : place + source.randint(1, 20)]
        else:
            good[place:place] = source.randbytes(source.randint(1, 5))
    return bytes(good)


def noise(source: random.Random) -> bytes:
    """Random bytes, at times after a magic number."""
    magic = source.choice([b"", b"PK\3\4", b"PAR1", b"MZ", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80\4"])
    return magic + source.randbytes(source.choice([0, 1, 7, 500, 20_000]))


def workbook(source: random.Random) -> bytes:
    """A workbook with odd cells in odd places."""
    safe = [text for text in CELLS if text.isprintable() and not set(text) & set('<>&"')]
    content = rows(*[[source.choice([*safe, 1.5, -2.0]) for _ in range(3)] for _ in range(9)])  # type: ignore[misc]
    reference = (
        f"{source.choice(['A', 'ZZ', 'XFD', 'ZZZZ'])}{source.choice([1, 99, 2**16, 10**11])}"
    )
    far = cell(reference, source.choice([1.0, "x"]))
    broken = source.choice(["", "<row", "<c r='A1'><v>zz</v></c>", "</sheetData>", "&bomb;"])
    return xlsx(One=content + f"<row>{far}</row>" * source.randint(0, 1) + broken)


def sheet(source: random.Random) -> bytes:
    """An OpenDocument sheet with repeated cells."""
    many = [1, 3, 16_384, 10**9]
    return ods(
        "".join(
            ods_row(
                ods_cell(source.choice(["", "x", 1.0]), source.choice(many)),
                ods_cell(source.choice(["", 2.0])),
                repeated=source.choice(many),
            )
            for _row in range(source.randint(0, 4))
        )
    )


def parquet(source: random.Random) -> bytes:
    """Columns of all types."""
    count = source.choice([0, 1, 2, 50])
    makers: list[Callable[[], pa.Array]] = [
        lambda: pa.array([source.random() for _ in range(count)]),
        lambda: pa.array([source.choice(CELLS) for _ in range(count)]),
        lambda: pa.array([None] * count),
        lambda: pa.array([[1]] * count),
        lambda: pa.array([source.randrange(2**62) for _ in range(count)], pa.timestamp("us")),
        lambda: pa.array([b"\0"] * count),
        lambda: pa.array([{"a": 1}] * count),
        lambda: pa.array([source.choice([True, None]) for _ in range(count)]),
        lambda: pa.array([source.randrange(2**64) for _ in range(count)], pa.uint64()),
    ]
    columns = [source.choice(makers)() for _ in range(source.choice([1, 3, 5]))]
    names = [source.choice(["a", "b", "", "日期"]) for _column in columns]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names), buffer)
    return buffer.getvalue()


def damaged(source: random.Random) -> bytes:
    """A workbook or Parquet file that was cut, overwritten or put together wrongly."""
    maker = source.choice([workbook, sheet, parquet])
    data = bytearray(maker(source))
    change = source.randrange(4)
    if change == 0:
        return bytes(data[: source.randrange(len(data))])
    if change == 1:
        for _byte in range(source.randint(1, 30)):
            data[source.randrange(len(data))] = source.randrange(256)
        return bytes(data)
    if change == 2:
        return bytes(data + data)
    return zipped({"xl/workbook.xml": bytes(data), "content.xml": b"<a", "../x": b"1"})
