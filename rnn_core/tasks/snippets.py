"""Source code that several tasks' scripts share."""

from __future__ import annotations

#: Cuts endless blocks of samples into the windows of a run. Reads ``AHEAD``.
WINDOWS = '''
def windows(blocks):
    """TIME_STEP samples after the other, and AHEAD more of what follows them."""
    samples = next(blocks)
    while True:
        while samples.shape[1] < TIME_STEP + AHEAD:
            samples = np.concatenate([samples, next(blocks)], axis=1)
        yield samples[:, : TIME_STEP + AHEAD]
        samples = samples[:, TIME_STEP:]
'''


def source(code: str, **constants: tuple[object, str]) -> str:
    """Constants and the code that reads them.

    Args:
        code: without its constants.
        constants: value and comment by name; no comment where it is empty.
    """
    lines = [f"{name} = {value!r}" for name, (value, _comment) in constants.items()]
    width = max(map(len, lines), default=0)
    comments = [comment for _value, comment in constants.values()]
    head = "\n".join(
        f"{line:{width}}  # {comment}" if comment else line
        for line, comment in zip(lines, comments, strict=True)
    )
    body = code.strip("\n")
    return "\n\n\n".join(each for each in (head, body) if each) + "\n"
