"""Ids: version 7 UUIDs as text (RFC 9562 section 5.7), sortable by the time they were made."""

import os
import time
from typing import NewType
from uuid import UUID

WorkspaceId = NewType("WorkspaceId", str)
MemberId = NewType("MemberId", str)
RunId = NewType("RunId", str)
WorkerId = NewType("WorkerId", str)
WorkflowId = NewType("WorkflowId", str)
VersionId = NewType("VersionId", str)
FileId = NewType("FileId", str)
ApprovalId = NewType("ApprovalId", str)


def new_id(now_ms: int | None = None, entropy: bytes | None = None) -> str:
    """A new id; `now_ms` (Unix milliseconds) and `entropy` (10 bytes) may be given by a simulation."""
    stamp = (now_ms if now_ms is not None else time.time_ns() // 1_000_000).to_bytes(6, "big")
    tail = bytearray(entropy or os.urandom(10))
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    text = (stamp + tail).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Whether `text` has the canonical form of an id; anything else is simply not found."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
