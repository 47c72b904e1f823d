"""Importing what speaks to models imports no SDK."""

import subprocess
import sys

HEAVY = ("openai", "anthropic", "google.genai", "boto3", "botocore", "mcp", "httpx2", "jsonschema_rs")
CODE = f"""
import importlib, pkgutil, sys
import troupe.features.models.service, troupe.catalog.llm, troupe.catalog.registry as registry
for module in pkgutil.iter_modules(troupe.catalog.llm.__path__):
    importlib.import_module(f"troupe.catalog.llm.{{module.name}}")
for id in registry.block_ids():
    if id.startswith("ai."):
        registry.get_block(id)
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_no_sdk_is_imported_before_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env={"PYTHONPATH": "shared"}
    )
    assert done.stdout.strip() == "[]"
