"""Logs of losses from elsewhere: tables, TensorBoard's event files, and saved runs."""

from rnn_core.io.logs.log import Log, Run, joined
from rnn_core.io.logs.log_file import Choice, LogFile
from rnn_core.io.logs.reading import read_log

__all__ = ["Choice", "Log", "LogFile", "Run", "joined", "read_log"]
