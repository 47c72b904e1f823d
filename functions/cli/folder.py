"""A folder of definitions, sent whole: what `plan` and `apply` share."""

from pathlib import Path
from typing import Any

from functions.cli.inputs import read_text
from functions.cli.reach import reach
from functions.cli.show import json_line, note, table
from troupe.base.errors import BadInput, NotFound

KINDS = ("*.yaml", "*.yml")


def send(folder: Path, *, dry_run: bool, as_json: bool) -> None:
    """Every definition below a folder. Raises NotFound, BadInput with the problems of all."""
    files = _files(folder)
    with reach() as api:
        found: dict[str, Any] = api.post("apply", {"files": files, "dry_run": dry_run})
    if as_json:
        json_line(found)
        return
    table(found["changes"], ("action", "kind", "path", "id"), "Nothing.")
    changed = sum(c["action"] != "none" for c in found["changes"])
    note(f"{changed} of {len(files)} {'would change' if dry_run else 'changed'}.")


def _files(folder: Path) -> list[dict[str, str]]:
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.", code="no_such_folder")
    paths = sorted(p for kind in KINDS for p in folder.rglob(kind) if p.is_file())
    shown = [p for p in paths if not any(part.startswith(".") for part in p.relative_to(folder).parts)]
    texts = [{"path": p.relative_to(folder).as_posix(), "text": read_text(p)} for p in shown]
    found = [t for t in texts if "troupe:" in t["text"]]
    if not found:
        raise BadInput(f"{folder} holds no definition: no .yaml file with a line `troupe: workflow/v1`.", code="empty")
    return found
