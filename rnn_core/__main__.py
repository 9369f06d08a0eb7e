"""``python -m rnn_core``: the command line. It needs Click, the extra ``[cli]``."""

import sys

try:
    from rnn_core.cli.main import cli
except ModuleNotFoundError as error:
    if error.name != "click":
        raise
    print("The command line needs Click. Try: pip install 'rnn-playground[cli]'", file=sys.stderr)
    raise SystemExit(2) from None

if __name__ == "__main__":
    cli(prog_name="python -m rnn_core")
