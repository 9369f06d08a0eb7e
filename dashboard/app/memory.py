"""The memory that the server's process takes. Knows nothing of Streamlit."""

from __future__ import annotations

import os
from pathlib import Path

# In pages: size, resident, shared, …
_STATM = Path("/proc/self/statm")


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
