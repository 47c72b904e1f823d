"""github: repositories, issues, pull requests, files and workflow runs, by GitHub's REST API (version 2026-03-10)."""

import hashlib
import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, SecretStr

from troupe.base.errors import RateLimited, Refused, StepFailed
from troupe.base.http import HttpResponse
from troupe.base.http.answers import retry_after, text_of
from troupe.catalog.connectors import _github as g
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors._native import Granted, tool
from troupe.catalog.connectors._rest import LONG, Paged, address, ask, at, cut, each, given, items, page, pick, value_of
from troupe.catalog.contract import Consent, Fields, Json, Link, idempotent, once, read

FILE_BYTES = 5_000_000
MATCHES = "application/vnd.github.text-match+json"


class GitHub(Granted):
    """Repositories, issues, pull requests, files, commits and workflow runs of GitHub or GitHub Enterprise.

    A fine-grained token needs the permissions Contents, Issues, Pull requests and Actions for its repositories. Or give
    the id and secret of an OAuth app, then grant access on GitHub's page.
    """

    title = "GitHub"
    category = "developer"
    hints = {
        401: "The token is wrong or has ended: give the connection a new one.",
        403: "The token lacks a permission for this (Contents, Issues, Pull requests, Actions), or waits for SSO.",
        404: "It is not there, or the token may not see it: GitHub says the same of both.",
    }

    class Config(Fields):
        """Where GitHub is."""

        base_url: str = Field(
            "https://api.github.com", description="The API; of an Enterprise Server, https://HOST/api/v3.",
            max_length=500,
        )  # fmt: skip
        login_url: str = Field(
            "https://github.com/login/oauth", description="Asks a person; of an Enterprise Server, https://HOST/login/oauth.",
            max_length=500,
        )  # fmt: skip
        api_version: str = Field(
            "2026-03-10", description="An older Enterprise Server wants 2022-11-28.", pattern=r"^\d{4}-\d\d-\d\d$"
        )

    class Credential(_oauth.Lasting):
        """Who we are."""

        token: SecretStr = Field(_oauth.SECRET, description="A fine-grained personal access token.", max_length=1000)

    def consent(self, config: Any) -> Consent:
        login = config.login_url
        return Consent(address(login, "authorize"), {"scope": "repo workflow"}, address(login, "access_token"), "token")

    async def sign(self, link: Link) -> dict[str, str]:
        return {**await super().sign(link), "x-github-api-version": link.config.api_version}

    def failure(self, answer: HttpResponse) -> StepFailed | None:
        if answer.status in (403, 429) and (seconds := _wait(answer)) is not None:
            return RateLimited(f"GitHub asks to wait: {self.said(answer)}", retry_after=seconds)
        return super().failure(answer)

    async def test(self, link: Link) -> str:
        who = await ask(link, "GET", address(link.config.base_url, "user"))
        return f"{at(who, 'login')} at GitHub"

    @tool(read, tags=["repositories"])
    async def list_repositories(self, link: Link, given: g.ListRepositories) -> Json:
        """List repositories. Those that we may see, or those of a user or organization."""
        parts = ["users", given.owner, "repos"] if given.owner else ["user", "repos"]
        return await _list(link, parts, given, g.REPOSITORY, sort=given.sort)

    @tool(read, tags=["repositories"])
    async def get_repository(self, link: Link, given: g.InRepository) -> Json:
        """Get a repository: its default branch, language and description."""
        return pick(await ask(link, "GET", _at(link, given)), g.REPOSITORY)

    @tool(read, tags=["issues", "pull requests"], hints="find bug ticket task")
    async def search_issues(self, link: Link, given: g.Search) -> Json:
        """Search issues and pull requests in all repositories that we may see."""
        return await _list(link, ["search", "issues"], given, g.ISSUE, key="items", q=given.query)

    @tool(read, tags=["code"], hints="grep find")
    async def search_code(self, link: Link, given: g.Search) -> Json:
        """Search code on default branches. The query names a repository, an owner or a language, and words."""
        return await _list(link, ["search", "code"], given, g.FOUND, key="items", accept=MATCHES, q=given.query)

    @tool(read, tags=["issues"], hints="bug ticket task")
    async def list_issues(self, link: Link, given: g.ListIssues) -> Json:
        """List issues of a repository, pull requests among them, newest first."""
        asked = {"state": given.state, "labels": ",".join(given.labels), "assignee": given.assignee}
        return await _list(link, [*_in(given), "issues"], given, g.ISSUE, **asked, since=given.since)

    @tool(read, tags=["issues"], hints="bug ticket")
    async def get_issue(self, link: Link, given: g.OneNumber) -> Json:
        """Get an issue with its whole text. Its comments are apart: list_comments."""
        return pick(await ask(link, "GET", _at(link, given, "issues", given.number)), g.ISSUE, text=LONG)

    @tool(read, tags=["issues", "pull requests"], hints="discussion conversation")
    async def list_comments(self, link: Link, given: g.NumberPage) -> Json:
        """List comments of an issue or a pull request, oldest first."""
        return await _list(link, [*_in(given), "issues", str(given.number), "comments"], given, g.COMMENT)

    @tool(once, tags=["issues"], hints="report file bug ticket task")
    async def create_issue(self, link: Link, given: g.CreateIssue) -> Json:
        """Create an issue in a repository."""
        return pick(await ask(link, "POST", _at(link, given, "issues"), json=_body(given)), g.ISSUE)

    @tool(idempotent, tags=["issues"], hints="close reopen assign label rename")
    async def update_issue(self, link: Link, given: g.UpdateIssue) -> Json:
        """Change an issue: its state, title, text, labels or assignees. What is left out stays as it is."""
        body = {"state_reason" if name == "reason" else name: value for name, value in _body(given).items()}
        return pick(await ask(link, "PATCH", _at(link, given, "issues", given.number), json=body), g.ISSUE)

    @tool(once, tags=["issues", "pull requests"], hints="reply answer comment")
    async def add_comment(self, link: Link, given: g.Comment) -> Json:
        """Comment on an issue or a pull request."""
        url = _at(link, given, "issues", given.number, "comments")
        return pick(await ask(link, "POST", url, json={"body": given.body}), g.COMMENT)

    @tool(idempotent, tags=["issues", "pull requests"])
    async def add_labels(self, link: Link, given: g.Labels) -> Json:
        """Add labels to an issue or a pull request; gives all that it has then."""
        url = _at(link, given, "issues", given.number, "labels")
        found = await ask(link, "POST", url, json={"labels": given.labels})
        return pick({"found": found}, {"labels": "found[].name"})

    @tool(read, tags=["pull requests"], hints="pr merge request")
    async def list_pull_requests(self, link: Link, given: g.ListPulls) -> Json:
        """List pull requests of a repository, newest first."""
        asked = {"state": given.state, "base": given.base, "head": given.head}
        return await _list(link, [*_in(given), "pulls"], given, g.PULL, **asked)

    @tool(read, tags=["pull requests"], hints="pr merge request")
    async def get_pull_request(self, link: Link, given: g.OneNumber) -> Json:
        """Get a pull request: its text, branches, and whether it can be merged."""
        return pick(await ask(link, "GET", _at(link, given, "pulls", given.number)), g.PULL, text=LONG)

    @tool(read, tags=["pull requests"], hints="diff changes patch")
    async def list_pull_request_files(self, link: Link, given: g.NumberPage) -> Json:
        """List the files that a pull request changes, each with the beginning of its patch."""
        return await _list(link, [*_in(given), "pulls", str(given.number), "files"], given, g.CHANGED)

    @tool(once, tags=["pull requests"], hints="open pr merge request")
    async def create_pull_request(self, link: Link, given: g.CreatePull) -> Json:
        """Create a pull request from a branch that is there."""
        return pick(await ask(link, "POST", _at(link, given, "pulls"), json=_body(given)), g.PULL)

    @tool(once, tags=["pull requests"], hints="approve request changes")
    async def review_pull_request(self, link: Link, given: g.Review) -> Json:
        """Review a pull request: approve it, ask for changes, or comment."""
        made = await ask(link, "POST", _at(link, given, "pulls", given.number, "reviews"), json=_body(given))
        return pick(made, {"id": "id", "state": "state", "url": "html_url"})

    @tool(once, tags=["pull requests"])
    async def merge_pull_request(self, link: Link, given: g.Merge) -> Json:
        """Merge a pull request, if nothing stands in its way."""
        body = {"merge_method": given.method} | ({"sha": given.sha} if given.sha else {})
        made = await ask(link, "PUT", _at(link, given, "pulls", given.number, "merge"), json=body)
        return pick(made, {"sha": "sha", "merged": "merged", "message": "message"})

    @tool(read, tags=["files"], hints="source content")
    async def read_file(self, link: Link, given: g.ReadFile) -> Json:
        """Read a file of a repository: its text and `sha`; what is no text becomes a file of the workspace."""
        url = _at(link, given, "contents", *_path(given.path))
        about = await ask(link, "GET", url, params={"ref": given.ref})
        if at(about, "type") != "file":
            raise Refused(f"{given.path or '/'} is no file.", hint="list_files shows what is in a folder.")
        raw = await link.request(
            "GET", url, params={"ref": given.ref} if given.ref else None, max_bytes=FILE_BYTES,
            headers={"accept": "application/vnd.github.raw+json"},
        )  # fmt: skip
        text, shown = text_of(raw), pick(about, g.ENTRY)
        if text is None:
            return {**shown, "file": await link.files.write(str(at(about, "name")), raw.content)}
        return {**shown, "text": cut(text, LONG)}

    @tool(read, tags=["files"], hints="directory tree folder")
    async def list_files(self, link: Link, given: g.ReadFile) -> Json:
        """List what is in a folder of a repository."""
        found = await ask(link, "GET", _at(link, given, "contents", *_path(given.path)), params={"ref": given.ref})
        return page(each([found] if at(found, "path") else found, "", g.ENTRY))

    @tool(idempotent, tags=["files"], hints="write edit commit")
    async def put_file(self, link: Link, given: g.PutFile) -> Json:
        """Create or replace a text file by a commit. To replace one, give the `sha` that read_file shows."""
        url, content = _at(link, given, "contents", *_path(given.path)), given.content.encode()
        body = {"message": given.message, "content": b64encode(content).decode()}
        body |= {name: value for name in ("branch", "sha") if (value := getattr(given, name))}
        try:
            made = await ask(link, "PUT", url, json=body)
        except Refused:  # a commit of before may have done it: then the file is what it shall be
            there = await ask(link, "GET", url, params={"ref": given.branch})
            if at(there, "sha") != _blob(content):
                raise
            return pick({"content": there}, g.PUT)
        return pick(
            made, {"sha": "content.sha", "path": "content.path", "commit": "commit.sha", "url": "commit.html_url"}
        )

    @tool(idempotent, tags=["branches"])
    async def create_branch(self, link: Link, given: g.CreateBranch) -> Json:
        """Create a branch where another branch, a tag or a commit is."""
        source = given.source or at(await ask(link, "GET", _at(link, given)), "default_branch")
        sha = at(await ask(link, "GET", _at(link, given, "commits", str(source))), "sha")
        body = {"ref": f"refs/heads/{given.branch}", "sha": sha}
        try:
            made = await ask(link, "POST", _at(link, given, "git", "refs"), json=body)
        except Refused:
            made = await ask(link, "GET", _at(link, given, "git", "ref", "heads", *_path(given.branch)))
            if at(made, "object.sha") != sha:
                raise
        return pick(made, {"ref": "ref", "sha": "object.sha"})

    @tool(read, tags=["commits"], hints="history log changes")
    async def list_commits(self, link: Link, given: g.ListCommits) -> Json:
        """List commits of a repository, newest first."""
        asked = {"sha": given.ref, "path": given.path, "author": given.author, "since": given.since}
        return await _list(link, [*_in(given), "commits"], given, g.COMMIT, **asked)

    @tool(read, tags=["releases"], hints="version tag changelog")
    async def list_releases(self, link: Link, given: g.ListInRepository) -> Json:
        """List releases of a repository with their notes, newest first."""
        return await _list(link, [*_in(given), "releases"], given, g.RELEASE)

    @tool(read, tags=["actions"], hints="ci build pipeline status")
    async def list_workflow_runs(self, link: Link, given: g.ListRuns) -> Json:
        """List runs of GitHub Actions workflows, newest first: state, end and branch of each."""
        middle = ["workflows", given.workflow] if given.workflow else []
        parts = [*_in(given), "actions", *middle, "runs"]
        asked = {"branch": given.branch, "status": given.status}
        return await _list(link, parts, given, g.RUN, key="workflow_runs", **asked)

    @tool(read, tags=["actions"], hints="ci build failed jobs why")
    async def get_workflow_run(self, link: Link, given: g.OneRun) -> Json:
        """Get a run of a workflow with its jobs, and the steps that failed."""
        run = await ask(link, "GET", _at(link, given, "actions", "runs", given.run))
        jobs = await ask(link, "GET", _at(link, given, "actions", "runs", given.run, "jobs"), params={"per_page": 100})
        return {**pick(run, g.RUN), "jobs": [_job(one) for one in items(jobs, "jobs")]}

    @tool(once, tags=["actions"], hints="retry ci build")
    async def rerun_failed_jobs(self, link: Link, given: g.OneRun) -> Json:
        """Run the failed jobs of a workflow run again."""
        await ask(link, "POST", _at(link, given, "actions", "runs", given.run, "rerun-failed-jobs"))
        return {"run": given.run, "rerun": True}

    @tool(once, tags=["actions"], hints="dispatch start trigger ci deploy")
    async def run_workflow(self, link: Link, given: g.Dispatch) -> Json:
        """Start a workflow that can be started by hand (workflow_dispatch)."""
        url = _at(link, given, "actions", "workflows", given.workflow, "dispatches")
        made = await ask(link, "POST", url, json={"ref": given.ref, "inputs": given.inputs})
        return {"started": True, **pick(made, {"run": "workflow_run_id", "url": "html_url"})}


async def _list(
    link: Link, parts: list[str], asked: Paged, shape: dict[str, str], *, key: str = "", accept: str = "", **params: Any
) -> Json:
    """A page; the number of the next one is its cursor, as the header `link` says (RFC 8288)."""
    number = int(asked.cursor) if asked.cursor.isdecimal() else 1
    sent = given(**params) | {"per_page": str(asked.limit), "page": str(number)}
    answer = await link.request(
        "GET", address(link.config.base_url, *parts), params=sent, headers={"accept": accept} if accept else None
    )
    found = value_of(answer)
    more = re.search(r'rel="next"', answer.headers.get("link", ""))
    return page(each(found, key, shape), number + 1 if more else None)


def _in(given: g.InRepository) -> list[str]:
    return ["repos", *given.repository.split("/")]


def _at(link: Link, given: g.InRepository, *parts: str | int) -> str:
    return address(link.config.base_url, *_in(given), *parts)


def _path(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _body(given: Fields) -> dict[str, Any]:
    """The fields of a body: what is given beside the place where it goes."""
    return given.model_dump(exclude_none=True, exclude={"repository", "number"})


def _job(job: Any) -> Json:
    steps = each(job, "steps", {"name": "name", "end": "conclusion"})
    failed = [at(step, "name") for step in steps if at(step, "end") == "failure"]
    return {**pick(job, g.JOB), **given(failed_steps=failed)}


def _blob(content: bytes) -> str:
    """The id that git gives to a content."""
    return hashlib.sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest()


def _wait(answer: HttpResponse) -> float | None:
    """Seconds until GitHub takes requests again, where it is a rate limit that this answer tells of."""
    now, headers = datetime.now(UTC), answer.headers
    if "retry-after" in headers:
        return retry_after(headers["retry-after"], now)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset[:12]) - now.timestamp())
    return 60.0 if answer.status == 429 or b"rate limit" in answer.content.lower() else None
