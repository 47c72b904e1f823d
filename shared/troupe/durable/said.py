"""What an attempt has told of an answer so far: journaled where the answer never comes to its end."""

from typing import Any, cast

from troupe.base.values import Json

MOST = 64_000  # characters of it that are kept


class Said:
    """The text of the tokens told; a void takes back what was told before, which stays the last there was."""

    __slots__ = ("_before", "_pieces", "size")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._before = ""
        self.size = 0  # characters told since the last void

    def hear(self, kind: str, data: Json) -> None:
        """One thing told."""
        if kind != "token" or not isinstance(data, dict):
            return
        said = cast("dict[str, Any]", data)
        if said.get("void"):
            self._before, self._pieces, self.size = self.text, [], 0
        elif isinstance(text := said.get("text"), str):
            self._pieces.append(text)
            self.size += len(text)

    @property
    def text(self) -> str:
        """What was told since the last void, or else before it."""
        return ("".join(self._pieces) or self._before)[:MOST]
