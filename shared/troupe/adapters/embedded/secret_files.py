"""Files that only we may read: written whole or not at all, and durably."""

import os
from pathlib import Path


def write_secret(path: Path, content: bytes) -> None:
    """Put the content in place of what is there. Mode 0600 from the first byte."""
    fresh = _write_beside(path, content)
    fresh.rename(path)
    sync_folder(path.parent)


def make_secret(path: Path, content: bytes) -> bytes:
    """Make the file unless it exists; what is in it then, ours or what another process was first to write."""
    if not path.exists():
        fresh = _write_beside(path, content)
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        sync_folder(path.parent)
    return path.read_bytes()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_beside(path: Path, content: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh
