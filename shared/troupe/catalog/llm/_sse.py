"""Server-sent events out of bytes as they come (html.spec.whatwg.org, section 9.2): only their data counts here."""


class ServerEvents:
    """Gathers bytes into events."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, part: bytes) -> list[bytes]:
        """The data of every event that is complete with this part, but `[DONE]`."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        found: list[bytes] = []
        for raw in lines:
            line = raw[:-1] if raw.endswith(b"\r") else raw
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif not line and self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                self._data = []
                if not data.startswith(b"[DONE]"):
                    found.append(data)
        return found
