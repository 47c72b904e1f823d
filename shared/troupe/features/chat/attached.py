"""Attachments: files beside a message. Texts are put into it, images go to models that take them, the rest is named."""

from typing import Any

from troupe.base.errors import BadInput, NotFound, Problem
from troupe.features.agents.pictures import named
from troupe.features.chat.models import Attachment
from troupe.features.files import service as files
from troupe.features.scope import Scope

EACH = 20_000  # characters of a file that a message holds
ALL = 60_000
TEXTS = frozenset({
    "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/toml",
    "application/javascript", "application/sql", "application/x-sh", "application/x-ndjson", "application/csv",
})  # fmt: skip


async def check(scope: Scope, attachments: list[Attachment]) -> list[dict[str, Any]]:
    """File references of this workspace. Raises BadInput for what is none."""
    found: list[dict[str, Any]] = []
    for i, one in enumerate(attachments):
        try:
            found.append(files.reference(await files.get(scope, one.file)))
        except NotFound:
            problem = Problem(f"attachments.{i}", "no_such_file", "There is no file with this id in this workspace.")
            raise BadInput(problems=[problem]) from None
    return found


async def into(scope: Scope, text: str, attachments: list[dict[str, Any]]) -> str:
    """The message with its attachments: each is named, and what is text follows, marked and bounded."""
    parts, left = [text], ALL
    images = set(named([*attachments]))
    for file in attachments:
        about = f"{file['name']} ({file['type']}, {file['size']:,} bytes)"
        content = None
        if f"file:{file['$file']}" not in images:
            content = await _text(scope, file, min(EACH, left))
        if content is None:
            parts.append(f"[attached file: {about}]")
            continue
        left -= len(content)
        cut = "" if len(content.encode()) >= file["size"] else "\n[cut here]"
        parts.append(f"[attached file: {about}]\n{content}{cut}\n[end of {file['name']}]")
    return "\n\n".join(parts)


async def _text(scope: Scope, file: dict[str, Any], most: int) -> str | None:
    """The beginning of a file that is text; None for any other."""
    kind = str(file["type"])
    if not (kind.startswith("text/") or kind in TEXTS or kind.endswith(("+json", "+xml"))) or most <= 0:
        return None
    content = b""
    try:
        async for piece in files.content(scope, file["$file"]):
            content += piece
            if len(content) > 4 * most:
                break
    except NotFound:
        return None
    whole = len(content) >= file["size"]
    try:
        text = content.decode("utf-8", "strict" if whole else "ignore")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text[:most]
