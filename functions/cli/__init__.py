"""The command line `troupe`: noun verb, `--json`, exit codes, one readable sentence for each failure and never a trace.

A file a noun. Commands speak to a running Troupe over HTTP (`client.py`), or start what they need in this process.
Exit codes: 0 done, 1 the run failed, 2 bad input, 3 cannot start or reach, 4 missing or forbidden, 5 still waiting.
"""

from functions.cli.main import main

__all__ = ["main"]
