"""What the server writes down: one line of JSON for each event, nothing of any visitor.

No address, no settings, no file, no name. Knows nothing of Streamlit.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

#: Written when a visitor has come.
OPENED = "session opened"
#: Written when sessions of visitors who have gone were ended; with their number.
ENDED = "sessions ended"
#: Written when more was asked for than the server allows; with what it would take.
REFUSED = "run refused"
#: Written when something unforeseen went wrong; with the number that the visitor was shown.
FAILED = "error"


def note(event: str, **facts: float | str) -> None:
    """Write an event down.

    Args:
        event: one of this module's.
        facts: numbers, and words of the program's own.
    """
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    # Not by `logging`, where Streamlit's root logger leaves out what is no warning.
    print(json.dumps({"time": time, "event": event, **facts}), file=sys.stderr, flush=True)
