"""The Rust library for CEL (`common-expression-language`), behind one door: load, compile, run, say what went wrong."""

import importlib.util
import logging
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from typing import Any, Protocol

from troupe.features.workflows.expressions.syntax import ExpressionError


class Program(Protocol):
    """A compiled expression; `execute` raises builtin exceptions of every kind."""

    def execute(self, context: Any) -> Any: ...


@cache
def _module() -> Any:
    """The extension module alone: its package imports a command line, whose dependencies we do not ship."""
    package = importlib.util.find_spec("cel")
    spec = PathFinder.find_spec("cel.cel", package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise ImportError("The package common-expression-language is not installed.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    logging.getLogger("cel").setLevel(logging.CRITICAL + 1)  # it logs every failed call; we raise it
    return module


def context(call: Callable[[int], Any]) -> Any:
    """A context in which `t(i)` is `call(i)`."""
    return _module().Context({}, {"t": call})


def compile_text(text: str) -> Program:
    """A program from CEL text. Raises ExpressionError where our grammar let pass what the library refuses."""
    try:
        return _module().compile(text)
    except ValueError as wrong:
        raise ExpressionError(f"CEL cannot read this expression: {str(wrong)[:200]}") from None


def came_from_call(wrong: Exception) -> bool:
    """Whether the exception only reports that our own function raised."""
    return "Python function call failed" in str(wrong)


def readable(wrong: Exception) -> str:
    """The library's message, without its advice about types."""
    return str(wrong).split("\n")[0].split(" CEL does not coerce")[0][:300]
