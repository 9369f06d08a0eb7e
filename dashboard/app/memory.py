"""The memory that the server's process takes. Knows nothing of Streamlit."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

# In pages: size, resident, shared, …
_STATM = Path("/proc/self/statm")
_SMAPS = Path("/proc/self/smaps")
# In mman.h.
_MADV_DONTNEED = 4


def resident(statm: Path = _STATM) -> int:
    """Bytes of the process that are in memory; 0 where the system does not say, as outside Linux.

    Args:
        statm: the file in which Linux says it.
    """
    try:
        pages = int(statm.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def unchanged_libraries(smaps: Path = _SMAPS) -> Iterator[tuple[int, int]]:
    """Address and length, in bytes, of all parts of libraries that nobody has written to or may.

    Args:
        smaps: the file in which Linux tells what a process has mapped, and how.
    """
    begin, end, is_library = 0, 0, False
    for line in smaps.read_text(encoding="utf-8", errors="replace").splitlines():
        first, *words = line.split()
        if not first.endswith(":"):  # a mapping: addresses, rights, offset, device, inode, file
            begin, end = (int(part, 16) for part in first.split("-"))
            is_library = words[0] in ("r--p", "r-xp") and ".so" in Path(words[-1]).name
        elif first == "Anonymous:" and is_library and words[0] == "0":
            yield begin, end - begin


def give_back_libraries() -> None:
    """Give the system back what only the start of the process read of its libraries; on Linux.

    Loading them, and the kernels, reads a hundred megabytes of which most are not needed again. The
    system would take them back when memory is short. What is needed is there again in microseconds.
    """
    if sys.platform != "linux" or not _SMAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    for address, length in list(unchanged_libraries()):
        madvise(address, length, _MADV_DONTNEED)
