"""The meeting rooms of openapi.json, to try with: `python docs/examples/rooms/rooms.py --port 9400`.

Standard library only. What is booked is kept in memory, and written to `--log FILE` line by line, so that one can see
what really happened.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, urlsplit

ROOMS = {"attic": 6, "cellar": 12, "garden": 20}
bookings: dict[int, dict[str, object]] = {}
keys: dict[str, int] = {}
lock = Lock()


class Rooms(BaseHTTPRequestHandler):
    """Shows rooms, books them and cancels."""

    log = ""

    def do_GET(self) -> None:
        """The description, the rooms, the bookings."""
        parts = urlsplit(self.path)
        only = parse_qs(parts.query).get("room")
        if parts.path == "/openapi.json":
            self.answer(200, json.loads(Path(__file__).with_name("openapi.json").read_text()))
        elif parts.path == "/rooms":
            self.answer(200, [{"name": name, "seats": seats} for name, seats in ROOMS.items()])
        elif parts.path == "/bookings":
            self.answer(200, [one for one in bookings.values() if not only or one["room"] in only])
        else:
            self.answer(404, {"message": "There is nothing here."})

    def do_POST(self) -> None:
        """Book, or give the booking of the first request with this key."""
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))
            room, hours = str(asked["room"]), int(asked["hours"])
        except (ValueError, KeyError, TypeError):
            room, hours = "", 0
        if self.path != "/bookings" or room not in ROOMS or not 1 <= hours <= 4:
            self.answer(422, {"message": "Send a room there is, and one to four hours."})
            return
        with lock:
            key = self.headers.get("idempotency-key") or f"none-{len(keys)}"
            if key not in keys:
                keys[key] = len(keys) + 1
                bookings[keys[key]] = {"number": keys[key], "room": room, "hours": hours}
                self.note(f"booked {room} {hours}")
        self.answer(201, bookings.get(keys[key], {}))

    def do_DELETE(self) -> None:
        """Cancel."""
        number = self.path.removeprefix("/bookings/")
        with lock:
            if number.isdecimal() and bookings.pop(int(number), None):
                self.note(f"cancelled {number}")
        self.answer(204, None)

    def note(self, line: str) -> None:
        """Write down what happened."""
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{line}\n")

    def answer(self, status: int, body: object) -> None:
        """Send JSON."""
        raw = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9400)
    parser.add_argument("--log", default="")
    given = parser.parse_args()
    Rooms.log = given.log
    ThreadingHTTPServer(("127.0.0.1", given.port), Rooms).serve_forever()


if __name__ == "__main__":
    main()
