"""Scalars of TensorBoard's event files.

A file is a row of TFRecords: the length of the data as 8 bytes, a masked CRC-32C of these, the
data, and a masked CRC-32C of the data, all little-endian (tensorflow/core/lib/io/record_writer.h).
The data is a message ``Event`` of Protocol Buffers. Of its schema the fields that lead to a scalar
are declared here (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto,
tensor.proto and types.proto); the others are skipped. ``tensorboard`` itself, which reads them too,
would bring 60 MB along, most of them a server.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.logs.limits import LONGEST_NAME, MOST_COLUMNS, MOST_NUMBERS
from rnn_core.io.logs.log_file import LogFile
from rnn_core.messages import N_, InvalidValue

# Bytes of a record's length with its checksum, and of the checksum of its data.
_HEAD, _FOOT = 12, 4
# A larger record holds a picture or a graph. Parsed, it may take fifty times as much memory.
_LARGEST_RECORD = 100_000
# Of TensorFlow's types those that a loss may have, and the field of a tensor that holds it, if any:
# DT_FLOAT, DT_DOUBLE, DT_HALF.
_DTYPES = {1: ("<f4", "float_val"), 2: ("<f8", "double_val"), 19: ("<f2", None)}


def is_event_file(data: bytes) -> bool:
    """Whether a file begins with a record."""
    return len(data) >= _HEAD and _crc(data[:8]) == _number(data[8:_HEAD])


def read_events(data: bytes, name: str) -> LogFile:
    """The scalars of an event file, in the order in which they were written.

    A record that ends with the file, as after a crash, is left out. A loss that is not finite is
    inf.

    Args:
        data: the whole file.
        name: of the file, for people.

    Raises:
        ValueError: when it is damaged, holds no scalars, or more than the limits allow.
    """
    event, error = _event()
    found: dict[str, tuple[array[float], array[float]]] = {}
    count = 0
    for place, record in _records(data, name):
        if len(record) > _LARGEST_RECORD:
            continue
        try:
            said = event.FromString(record)
        except error:
            raise _damaged(name, place) from None
        for value in said.summary.value:
            loss = _scalar(value)
            if loss is None:
                continue
            tag = value.tag[: 4 * LONGEST_NAME].decode(errors="replace")[:LONGEST_NAME] or "–"
            count += 2
            if tag not in found and len(found) == MOST_COLUMNS:
                raise InvalidValue(
                    N_("{name!r} has more than {most} tags. Log fewer."),
                    name=name,
                    most=MOST_COLUMNS,
                )
            if count > MOST_NUMBERS:
                raise InvalidValue(
                    N_("{name!r} has more than {most} scalars. Log every tenth step."),
                    name=name,
                    most=MOST_NUMBERS // 2,
                )
            steps, losses = found.setdefault(tag, (array("d"), array("d")))
            steps.append(said.step)
            losses.append(loss)
    if not found:
        raise InvalidValue(
            N_("{name!r} holds no scalars. Choose an event file with a logged loss."), name=name
        )
    return LogFile(name, points={tag: _points(*each) for tag, each in found.items()})


def _points(
    steps: array[float], losses: array[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.array(losses)
    return np.array(steps), np.where(np.isfinite(values), values, np.inf)


def _records(data: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """Where each record begins, and its data, checked."""
    place = 0
    while place + _HEAD <= len(data):
        head = data[place : place + 8]
        if _crc(head) != _number(data[place + 8 : place + _HEAD]):
            raise _damaged(name, place)
        start = place + _HEAD
        end = start + int.from_bytes(head, "little")
        if end + _FOOT > len(data):
            return
        record = data[start:end]
        if _crc(record) != _number(data[end : end + _FOOT]):
            raise _damaged(name, place)
        yield place, record
        place = end + _FOOT


def _scalar(value: Any) -> float | None:
    """The scalar of a ``Summary.Value``; None if it is something else."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if not value.HasField("tensor") or value.tensor.dtype not in _DTYPES:
        return None
    tensor = value.tensor
    name, field = _DTYPES[tensor.dtype]
    dtype: np.dtype[np.floating] = np.dtype(name)
    if any(side.size != 1 for side in tensor.tensor_shape.dim):
        return None
    content: bytes = tensor.tensor_content
    if len(content) == dtype.itemsize:
        return float(np.frombuffer(content, dtype)[0])
    held: Sequence[float] = getattr(tensor, field) if field else ()
    return float(held[0]) if len(held) == 1 and not content else None


def _number(four: bytes) -> int:
    return int.from_bytes(four, "little")


def _crc(data: bytes) -> int:
    """The masked checksum: rotated right by 15 bits, plus a constant."""
    from crc32c import crc32c

    found = crc32c(data)
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _damaged(name: str, place: int) -> InvalidValue:
    return InvalidValue(
        N_("{name!r} is damaged at byte {place}. Copy it again."), name=name, place=place
    )


@cache
def _event() -> tuple[Any, type[Exception]]:
    """The class of the message ``Event``, and the exception of one that cannot be read."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    # Of each message: the name, number and type of the fields that are read. Bytes stand for text,
    # which would be refused if it were no UTF-8.
    schema: dict[str, list[tuple[str, int, Any, bool]]] = {
        "Event": [("step", 2, field.TYPE_INT64, False), ("summary", 5, "Summary", False)],
        "Summary": [("value", 1, "Value", True)],
        "Value": [
            ("tag", 1, field.TYPE_BYTES, False),
            ("simple_value", 2, field.TYPE_FLOAT, False),
            ("tensor", 8, "Tensor", False),
        ],
        "Tensor": [
            ("dtype", 1, field.TYPE_INT32, False),
            ("tensor_shape", 2, "Shape", False),
            ("tensor_content", 4, field.TYPE_BYTES, False),
            ("float_val", 5, field.TYPE_FLOAT, True),
            ("double_val", 6, field.TYPE_DOUBLE, True),
        ],
        "Shape": [("dim", 2, "Side", True)],
        "Side": [("size", 1, field.TYPE_INT64, False)],
    }
    package = "rnn_core.events"
    file = descriptor_pb2.FileDescriptorProto(name="rnn_core/events.proto", package=package)
    for name, fields in schema.items():
        declared = file.message_type.add(name=name)
        for label, number, kind, repeated in fields:
            declared.field.add(
                name=label,
                number=number,
                label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL,
                **(
                    {"type": field.TYPE_MESSAGE, "type_name": f".{package}.{kind}"}
                    if isinstance(kind, str)
                    else {"type": kind}
                ),
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{package}.Event")
    return message_factory.GetMessageClass(found), message.DecodeError
