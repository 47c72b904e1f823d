"""LiteLLM's proxy, in a pinned environment of its own: one worker, a master key, no database, callbacks off."""

import json
import os
import subprocess
import sys
from pathlib import Path

PIN = "litellm[proxy]==1.106.2"
KEY = "sk-bench"
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION"}


def prepare():
    """Its program; the environment lies in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "troupe-bench"
    folder = cache / "litellm-1.106.2"
    if not (folder / "ready").exists():
        python = str(folder / "bin" / "python")
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", "--clear", str(folder)], check=True)
        subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python, PIN], check=True)
        (folder / "ready").touch()
    return str(folder / "bin" / "litellm")


def start(program, home, port, upstream):
    """The proxy in front of `upstream`."""
    models = [
        {"model_name": m, "litellm_params": {"model": f"openai/{m}", "api_base": f"{upstream}/v1", "api_key": "x"}}
        for m in ("fake-5ms", "fake-0ms")
    ]
    settings = {"general_settings": {"master_key": KEY}, "litellm_settings": {"telemetry": False}}
    config = home / "litellm.json"
    config.write_text(json.dumps({"model_list": models, **settings}))
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    return subprocess.Popen(
        [*command, "--telemetry", "False"], env=os.environ | QUIET, cwd=home, stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
