"""The one plain page, until the web app comes: health, examples, recent runs, the API's documentation."""

from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from troupe.app.health import look
from troupe.base.errors import TroupeError
from troupe.base.settings import is_open
from troupe.features.accounts.deps import caller
from troupe.features.runs import store as runs
from troupe.features.scope import Caller, Parts

router = APIRouter(include_in_schema=False)
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
REFUSED = {"wrong_password": "This is not the password.", "too_many_tries": "Too many tries; wait a minute."}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@router.get("/")
async def page(request: Request) -> Response:
    """What is here, for a browser that is signed in; else how to sign in."""
    parts: Parts = request.app.state.parts
    try:
        who = await caller(request)
    except TroupeError:
        return _html(_sign_in(parts, request.query_params.get("sign_in", "")), 401)
    health = await look(parts)
    state = "".join(
        f"<li>{escape(d.name)}: {'answers' if d.ok else 'does not answer'} ({d.ms:g} ms)</li>"
        for d in health.dependencies
    )
    return _html(
        f"<h1>Troupe</h1><p>Version {escape(health.version)}, status {escape(health.status)}.</p><ul>{state}</ul>"
        f"<h2>Recent runs</h2>{await _recent(who)}<h2>Examples</h2>{_examples()}"
        '<p><a href="/api/docs">The API</a></p><form method="post" action="/logout"><button>Sign out</button></form>'
    )


def _sign_in(parts: Parts, refused: str) -> str:
    """How to sign in: by the link, and from elsewhere by the password too."""
    body = (
        "<h1>Troupe</h1><p>This browser is not signed in. Open the link that <code>scripts/run</code> printed, or "
        "print a new one with <code>scripts/troupe login</code>.</p>"
    )
    if not is_open(parts.settings):
        return body
    said = f'<p role="alert">{REFUSED.get(refused, "Try again.")}</p>' if refused else ""
    return (
        f'{body}{said}<form method="post" action="/login"><label>The owner\'s password <input type="password" '
        'name="password" autocomplete="current-password" required></label> <button>Sign in</button></form>'
    )


async def _recent(who: Caller) -> str:
    async with who.parts.database.workspace(who.workspace) as db:
        rows = await runs.list_runs(db, None, None, None, 20)
    if not rows:
        return "<p>No runs yet. Start one with an example below.</p>"
    lines = "".join(
        f'<tr><td><a href="/api/v1/runs/{r.id}">{escape(r.name or "a text")}</a></td><td>{escape(r.status)}</td>'
        f"<td>{r.created_at:%Y-%m-%d %H:%M:%S}</td></tr>"
        for r in rows
    )
    head = "<tr><th>Workflow</th><th>Status</th><th>Started (UTC)</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{lines}</tbody></table>"


def _examples() -> str:
    found = sorted(p.parent.name for p in EXAMPLES.glob("*/workflow.yaml"))
    if not found:
        return "<p>The examples lie in <code>docs/examples</code> of the source.</p>"
    lines = "".join(f"<li><code>scripts/troupe run docs/examples/{escape(n)}/workflow.yaml</code></li>" for n in found)
    return f"<ul>{lines}</ul>"


def _html(body: str, status: int = 200) -> Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Troupe</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return HTMLResponse(text, status, {"content-security-policy": POLICY})


@router.get("/page.css")
async def style() -> Response:
    """The page's style."""
    return Response(
        "body{font:14px/20px system-ui,sans-serif;color:oklch(0.22 0.02 250);background:oklch(0.985 0.003 85);margin:0}"
        "main{max-width:720px;margin:32px auto;padding:0 16px}h1{font-size:20px;line-height:28px}h2{font-size:15px}"
        "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:6px 12px 6px 0;font-size:13px;"
        "border-bottom:1px solid oklch(0.91 0.005 250)}a{color:oklch(0.52 0.10 205)}code{font-size:13px;"
        "overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{background:oklch(0.17 0.008 250);"
        "color:oklch(0.95 0.005 85)}a{color:oklch(0.76 0.10 200)}th,td{border-color:oklch(0.31 0.012 250)}}",
        media_type="text/css",
    )
