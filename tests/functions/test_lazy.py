"""What a process on a laptop never imports, and what a function does not before it needs it."""

import subprocess
import sys

import pytest

OF_AWS = ("boto3", "botocore", "aws_lambda_powertools", "troupe.app.cloud", "troupe.adapters.aws._client", "mangum")
HEAVY = ("boto3", "fastapi", "openai", "anthropic", "google.genai", "mcp", "redis", "pydantic_monty")
ASK = "import sys, {module}; print([name for name in {names!r} if name in sys.modules])"


def imported(module: str, names: tuple[str, ...]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(module=module, names=names)],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": "shared:."},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["functions.server", "functions.cli", "troupe.app.http", "troupe.app.wiring"])
def test_a_laptop_imports_nothing_of_aws(module: str) -> None:
    assert imported(module, OF_AWS) == "[]"


@pytest.mark.parametrize("name", ["advance", "wait", "jobs", "sweep", "migrate"])
def test_a_function_imports_what_it_needs_at_its_first_call(name: str) -> None:
    assert imported(f"functions.{name}", HEAVY) == "[]"


def test_the_sandbox_imports_nothing_but_its_interpreter() -> None:
    assert imported("functions.sandbox", (*OF_AWS, *HEAVY, "troupe.app.wiring", "psycopg")) == "[]"
