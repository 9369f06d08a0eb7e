"""How large a log may be. Each limit is checked before what it limits is kept."""

from __future__ import annotations

#: Bytes of a file: a scalar of an event file takes about 60.
MOST_BYTES = 20_000_000
#: Numbers of a file that are kept, steps included: 16 MB.
MOST_NUMBERS = 2_000_000
#: Columns or tags of a file: more than a person chooses from.
MOST_COLUMNS = 200
#: Characters of a tag, and of the name of a run.
LONGEST_NAME = 80
#: Runs of a log.
MOST_RUNS = 50
#: Files of a log, and numbers in all of them together.
MOST_FILES, MOST_TOGETHER = 20, 5_000_000
#: Points of a log as it is laid beside others; a comparison keeps as many of its own curves.
MOST_POINTS = 400
#: A larger step is none: the axis would hold nothing else.
LAST_STEP = 1e12
