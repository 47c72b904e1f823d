"""LangGraph whose checkpoints are written while the next superstep goes on; a crash can lose the last one."""

import os

os.environ["BENCH_DURABILITY"] = "async"

from by_langgraph import VERSION, close, run, setup

__all__ = ["VERSION", "close", "run", "setup"]
