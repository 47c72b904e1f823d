"""A payment server to try with: `python docs/examples/order/payments.py --port 9200`. Standard library only.

POST /payments {order, amount} charges, once per Idempotency-Key; GET /payments lists what was charged. `--slow SECONDS`
answers late, which is how one sees an unclear outcome.
"""

import argparse
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

charged: dict[str, dict[str, object]] = {}
lock = Lock()


class Payments(BaseHTTPRequestHandler):
    """Charges and lists."""

    slow = 0.0

    def do_POST(self) -> None:
        """Charge, or give the answer of the first request with this key."""
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))
            amount = float(body["amount"])
        except (ValueError, KeyError, TypeError):
            self.answer(422, {"error": "send order and amount"})
            return
        if self.path != "/payments" or amount <= 0:
            self.answer(422, {"error": "an amount above zero, to /payments"})
            return
        with lock:
            key = self.headers.get("idempotency-key") or f"none-{len(charged)}"
            receipt = charged.setdefault(
                key, {"receipt": f"R{len(charged) + 1:04d}", "order": body.get("order"), "amount": amount}
            )
        time.sleep(self.slow)
        self.answer(201, receipt)

    def do_GET(self) -> None:
        """What was charged."""
        self.answer(200, list(charged.values()))

    def answer(self, status: int, body: object) -> None:
        """Send JSON."""
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--slow", type=float, default=0.0)
    given = parser.parse_args()
    Payments.slow = given.slow
    ThreadingHTTPServer(("127.0.0.1", given.port), Payments).serve_forever()
