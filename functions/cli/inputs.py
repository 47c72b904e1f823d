"""From `--input` and `--input-json` to a run's input.

k=v          JSON where the workflow's schema wants it or does not say and it parses, else text
k=@file      text, or JSON by its ending; what is no text is uploaded and becomes a file reference
k=@dir/      a list of {name, text} by name, file references for what is no text
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from troupe.base.errors import BadInput, NotFound
from troupe.base.values import read_json

Upload = Callable[[str, bytes], dict[str, Any]]
MANY = 10_000  # files of one folder


def read_inputs(pairs: list[str], whole: str | None, schema: dict[str, Any], upload: Upload) -> Any:
    """The input. Raises BadInput, NotFound."""
    given: Any = _whole(whole) if whole is not None else {}
    if pairs and not isinstance(given, dict):
        raise BadInput("--input needs an object in --input-json to add to.")
    known = schema.get("properties")
    properties: dict[str, Any] = known if isinstance(known, dict) else {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise BadInput(f"--input {pair!r} has no form key=value.", code="bad_option")
        given[key] = _value(text, properties.get(key), upload)
    return given


def _whole(text: str) -> Any:
    if text == "@-":
        return read_json(sys.stdin.buffer.read())
    if text.startswith("@"):
        return _json(Path(text[1:]))
    return read_json(text)


def _value(text: str, schema: Any, upload: Upload) -> Any:
    if text.startswith("@@"):
        return text[1:]
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        return _folder(path, upload) if path.is_dir() else _file(path, upload)
    if _wants_text(schema):
        return text
    try:
        return read_json(text)
    except BadInput:
        return text


def _wants_text(schema: Any) -> bool:
    kinds = schema.get("type") if isinstance(schema, dict) else None
    return kinds == "string" or (isinstance(kinds, list) and "string" in kinds)


def _file(path: Path, upload: Upload) -> Any:
    if path.suffix.lower() == ".json":
        return _json(path)
    content = _read(path)
    text = _text(content)
    return upload(path.name, content) if text is None else text


def _folder(path: Path, upload: Upload) -> list[dict[str, Any]]:
    files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    if len(files) > MANY:
        raise BadInput(f"{path} holds {len(files)} files; {MANY} may be given at once.", code="too_many")
    return [_item(p, upload) for p in files]


def _item(path: Path, upload: Upload) -> dict[str, Any]:
    content = _read(path)
    text = _text(content)
    return upload(path.name, content) if text is None else {"name": path.name, "text": text}


def _text(content: bytes) -> str | None:
    if b"\x00" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _json(path: Path) -> Any:
    try:
        return read_json(_read(path).removeprefix(b"\xef\xbb\xbf"))
    except BadInput as wrong:
        raise BadInput(f"{path}: {wrong.message}", code=wrong.code) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise NotFound(f"{path} cannot be read: {wrong.strerror}.", code="no_such_file") from None


def read_text(path: Path) -> str:
    """A text file byte for byte. Raises BadInput, NotFound."""
    try:
        return _read(path).decode()
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8.", code="not_text") from None
