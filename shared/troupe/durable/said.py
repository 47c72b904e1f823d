"""What an attempt has told of an answer so far: journaled where the answer never comes to its end."""

from typing import Any, cast

from troupe.base.values import Json

MOST = 64_000  # characters of it that are kept
AGAIN = 1.0  # seconds after which the text so far is told once more


class Said:
    """The text of the tokens told; a void takes back what was told before, which stays the last there was."""

    __slots__ = ("_before", "_pieces", "_repeated", "size")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._before = ""
        self._repeated = -AGAIN
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

    def place(self, now: float, *, watched: bool) -> dict[str, Json]:
        """Where the next token stands. Who began to listen later knows by `from` what it missed, and now and then hears
        it as `so_far`: at once where nobody listened before, else within a second."""
        if not watched:
            self._repeated = -AGAIN
        if not self.size or now - self._repeated < AGAIN:
            return {"from": self.size}
        self._repeated = now
        return {"from": self.size, "so_far": self.text}

    @property
    def text(self) -> str:
        """What was told since the last void, or else before it."""
        return ("".join(self._pieces) or self._before)[:MOST]
