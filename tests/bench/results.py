"""One result is one JSON object on one line, the same form for every benchmark."""

import json
from datetime import UTC, datetime

from troupe import __version__


def row(bench, case, metrics, *, contestant="troupe", settings=None, note=""):
    """`metrics` are plain numbers whose names carry the unit."""
    return {
        "v": 1, "bench": bench, "case": case, "contestant": contestant, "version": __version__, "round": 0,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "ok": True,
        "metrics": {k: round(v, 3) for k, v in metrics.items()}, "settings": settings or {}, "note": note,
    }  # fmt: skip


def show(rows, *, as_json):
    """Print results as lines of JSON or for people."""
    for one in rows:
        if as_json:
            print(json.dumps(one), flush=True)
        else:
            said = "  ".join(f"{k} {v:,.1f}" for k, v in one["metrics"].items())
            print(f"{one['bench']:8} {one['case']:24} {said}  {one['note']}", flush=True)


def percentile(values, q):
    """Nearest rank, q in 0..100."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * q // 100) - 1)]
