"""GitHub's tools against a local server that answers in the shapes of its REST API."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.connectors.harness import CANARY, Case, opened, play, use
from tests.servers.desk import Answer, Asked, Desk
from troupe.base.errors import RateLimited, Refused
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.github import GitHub

IN = {"repository": "octo/hello"}
R = "/repos/octo/hello"
ISSUE = {
    "number": 7, "title": "It rains in", "state": "open", "user": {"login": "ada", "id": 1}, "body": "x" * 3000,
    "labels": [{"name": "bug", "color": "f00"}], "assignees": [], "comments": 2, "node_id": "I_1",
    "html_url": "https://github.com/octo/hello/issues/7",
}  # fmt: skip
PULL = {"number": 8, "title": "A roof", "state": "open", "head": {"label": "ada:roof", "sha": "a1"},
        "base": {"ref": "main"}, "user": {"login": "ada"}, "draft": False}  # fmt: skip
FILE = {"type": "file", "name": "a.md", "path": "docs/a.md", "size": 5, "sha": "b6fc4c"}
BLOB = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"  # git hash-object of "hello"
COMMIT = {"sha": "c0", "commit": {"message": "Fix", "author": {"name": "Ada", "date": "2026-11-01T00:00:00Z"}}}
RUN = {"id": 30, "name": "CI", "status": "completed", "conclusion": "failure", "head_branch": "main"}
LIST = "per_page=20&page=1"

CASES = [
    Case("list_repositories", {"owner": "octo"}, {f"GET /users/octo/repos?sort=updated&{LIST}": [
        {"full_name": "octo/hello", "private": False, "owner": {"login": "octo"}}]},
        {"items": [{"name": "octo/hello", "private": False}], "next_cursor": None}),
    Case("get_repository", IN, {f"GET {R}": {"full_name": "octo/hello", "default_branch": "main"}},
        {"name": "octo/hello", "default_branch": "main"}),
    Case("search_issues", {"query": "repo:octo/hello rain"},
        {f"GET /search/issues?q=repo%3Aocto%2Fhello+rain&{LIST}": {"total_count": 1, "items": [ISSUE]}},
        {"items": [{"number": 7, "author": "ada"}]}),
    Case("search_code", {"query": "def rain"}, {f"GET /search/code?q=def+rain&{LIST}": {"items": [
        {"path": "a.py", "repository": {"full_name": "octo/hello"}, "text_matches": [{"fragment": "def rain():"}]}]}},
        {"items": [{"path": "a.py", "repository": "octo/hello", "matches": ["def rain():"]}]},
        headers={"accept": "application/vnd.github.text-match+json"}),
    Case("list_issues", {**IN, "labels": ["bug", "roof"], "limit": 2, "cursor": "3"},
        {f"GET {R}/issues?state=open&labels=bug%2Croof&per_page=2&page=3": Answer([ISSUE], headers={
            "link": '<https://api.github.com/x?page=4>; rel="next", <https://api.github.com/x?page=9>; rel="last"'})},
        {"items": [{"number": 7, "labels": ["bug"], "body": "x" * 2000 + "…"}], "next_cursor": "4"}),
    Case("get_issue", {**IN, "number": 7}, {f"GET {R}/issues/7": ISSUE}, {"number": 7, "body": "x" * 3000}),
    Case("list_comments", {**IN, "number": 7}, {f"GET {R}/issues/7/comments?{LIST}": [
        {"id": 1, "user": {"login": "bob"}, "body": "Here too"}]}, {"items": [{"author": "bob", "body": "Here too"}]}),
    Case("create_issue", {**IN, "title": "It rains in", "labels": ["bug"]}, {f"POST {R}/issues": ISSUE}, {"number": 7},
        body={"title": "It rains in", "labels": ["bug"]}),
    Case("update_issue", {**IN, "number": 7, "state": "closed", "reason": "completed"},
        {f"PATCH {R}/issues/7": {**ISSUE, "state": "closed"}}, {"state": "closed"},
        body={"state": "closed", "state_reason": "completed"}),
    Case("add_comment", {**IN, "number": 7, "body": "Thanks"}, {f"POST {R}/issues/7/comments": {"id": 5}}, {"id": 5},
        body={"body": "Thanks"}),
    Case("add_labels", {**IN, "number": 7, "labels": ["bug"]}, {f"POST {R}/issues/7/labels": [{"name": "bug"}]},
        {"labels": ["bug"]}, body={"labels": ["bug"]}),
    Case("list_pull_requests", {**IN, "base": "main"}, {f"GET {R}/pulls?state=open&base=main&{LIST}": [PULL]},
        {"items": [{"number": 8, "head": "ada:roof", "base": "main", "draft": False}]}),
    Case("get_pull_request", {**IN, "number": 8}, {f"GET {R}/pulls/8": {**PULL, "mergeable_state": "clean"}},
        {"mergeable": "clean", "head_sha": "a1"}),
    Case("list_pull_request_files", {**IN, "number": 8}, {f"GET {R}/pulls/8/files?{LIST}": [
        {"filename": "a.py", "status": "modified", "patch": "@@ -1 +1 @@"}]},
        {"items": [{"path": "a.py", "patch": "@@ -1 +1 @@"}]}),
    Case("create_pull_request", {**IN, "title": "A roof", "head": "roof", "base": "main"}, {f"POST {R}/pulls": PULL},
        {"number": 8}, body={"title": "A roof", "head": "roof", "base": "main", "body": "", "draft": False}),
    Case("review_pull_request", {**IN, "number": 8, "event": "APPROVE"},
        {f"POST {R}/pulls/8/reviews": {"id": 80, "state": "APPROVED"}}, {"state": "APPROVED"},
        body={"event": "APPROVE", "body": ""}),
    Case("merge_pull_request", {**IN, "number": 8, "method": "squash", "sha": "a1"},
        {f"PUT {R}/pulls/8/merge": {"sha": "m1", "merged": True}}, {"merged": True},
        body={"merge_method": "squash", "sha": "a1"}),
    Case("read_file", {**IN, "path": "docs/a b.md", "ref": "dev"}, {f"GET {R}/contents/docs/a%20b.md?ref=dev": FILE},
        {"sha": "b6fc4c"}),
    Case("list_files", {**IN, "path": "docs"}, {f"GET {R}/contents/docs": [FILE]}, {"items": [{"path": "docs/a.md"}]}),
    Case("put_file", {**IN, "path": "docs/a.md", "content": "hello", "message": "Say hello", "sha": "b6fc4c"},
        {f"PUT {R}/contents/docs/a.md": {"content": {"sha": "n1", "path": "docs/a.md"}, "commit": {"sha": "c1"}}},
        {"sha": "n1", "commit": "c1"},
        body={"message": "Say hello", "content": base64.b64encode(b"hello").decode(), "sha": "b6fc4c"}),
    Case("create_branch", {**IN, "branch": "fix/roof"}, {
        f"GET {R}": {"default_branch": "main"}, f"GET {R}/commits/main": {"sha": "c0"},
        f"POST {R}/git/refs": {"ref": "refs/heads/fix/roof", "object": {"sha": "c0"}}},
        {"ref": "refs/heads/fix/roof", "sha": "c0"}, body={"ref": "refs/heads/fix/roof", "sha": "c0"}),
    Case("list_commits", {**IN, "path": "a.py"}, {f"GET {R}/commits?path=a.py&{LIST}": [COMMIT]},
        {"items": [{"sha": "c0", "message": "Fix", "author": "Ada"}]}),
    Case("list_releases", IN, {f"GET {R}/releases?{LIST}": [{"tag_name": "v1", "name": "One"}]},
        {"items": [{"tag": "v1", "name": "One"}]}),
    Case("list_workflow_runs", {**IN, "workflow": "ci.yml", "status": "failure"},
        {f"GET {R}/actions/workflows/ci.yml/runs?status=failure&{LIST}": {"workflow_runs": [RUN]}},
        {"items": [{"id": 30, "conclusion": "failure", "branch": "main"}]}),
    Case("get_workflow_run", {**IN, "run": 30}, {f"GET {R}/actions/runs/30": RUN,
        f"GET {R}/actions/runs/30/jobs?per_page=100": {"jobs": [{"id": 1, "name": "test", "conclusion": "failure",
            "steps": [{"name": "pytest", "conclusion": "failure"}, {"name": "lint", "conclusion": "success"}]}]}},
        {"id": 30, "jobs": [{"name": "test", "failed_steps": ["pytest"]}]}),
    Case("rerun_failed_jobs", {**IN, "run": 30}, {f"POST {R}/actions/runs/30/rerun-failed-jobs": {}}, {"rerun": True}),
    Case("run_workflow", {**IN, "workflow": "ci.yml", "ref": "main", "inputs": {"env": "dev"}},
        {f"POST {R}/actions/workflows/ci.yml/dispatches": {"workflow_run_id": 31}}, {"started": True, "run": 31},
        body={"ref": "main", "inputs": {"env": "dev"}}),
]  # fmt: skip


def config(url: str) -> dict[str, Any]:
    return {"base_url": url}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_github_documents_and_gives_what_matters(tmp_path: Path, case: Case) -> None:
    case.headers |= {"authorization": f"Bearer {CANARY}", "x-github-api-version": "2026-03-10"}
    if case.tool == "read_file":  # asked for twice: what it is, and its bytes
        return await reads_a_file(tmp_path, case)
    await play(tmp_path, "github", config, {"token": CANARY}, case)
    return None


async def reads_a_file(folder: Path, case: Case) -> None:
    def contents(asked: Asked) -> Answer:
        raw = "raw" in asked.headers.get("accept", "")
        return Answer(b"hello", headers={"content-type": "text/plain"}) if raw else Answer(FILE)

    with Desk() as github:
        github.routes[f"{R}/contents/docs/a%20b.md"] = contents
        async with opened(folder, "github", config(github.url), {"token": CANARY}) as link:
            given = await use("github", link, case.tool, case.given)
    assert (given["text"], given["sha"]) == ("hello", "b6fc4c")
    assert [asked.query for asked in github.asked] == [{"ref": ["dev"]}] * 2


def test_every_tool_has_its_case() -> None:
    assert [case.tool for case in CASES] == list(tools_of(GitHub))


@pytest.mark.parametrize("there", [BLOB, "another"])
async def test_a_commit_that_happened_is_not_an_error_when_it_is_tried_again(tmp_path: Path, there: str) -> None:
    case = Case(
        "put_file", {**IN, "path": "a.md", "content": "hello", "message": "m"},
        {f"PUT {R}/contents/a.md": Answer({"message": '"sha" wasn\'t supplied.'}, 422),
         f"GET {R}/contents/a.md": {"type": "file", "path": "a.md", "sha": there}},
        {"sha": BLOB, "path": "a.md"},
    )  # fmt: skip
    if there == BLOB:
        await play(tmp_path, "github", config, {"token": CANARY}, case)
        return
    with pytest.raises(Refused, match="wasn't supplied"):
        await play(tmp_path, "github", config, {"token": CANARY}, case)


async def test_a_branch_that_is_there_already_at_that_commit_is_made(tmp_path: Path) -> None:
    answers = {
        f"GET {R}/commits/main": {"sha": "c0"}, f"POST {R}/git/refs": Answer({"message": "Reference exists"}, 422),
        f"GET {R}/git/ref/heads/fix": {"ref": "refs/heads/fix", "object": {"sha": "c0"}},
    }  # fmt: skip
    case = Case("create_branch", {**IN, "branch": "fix", "source": "main"}, answers, {"sha": "c0"})
    await play(tmp_path, "github", config, {"token": CANARY}, case)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [(403, {"retry-after": "9"}, 9.0), (429, {}, 60.0), (403, {"x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1"}, 0.0), (403, {}, None)],
)  # fmt: skip
async def test_limits_are_told_as_such_whatever_their_status(
    tmp_path: Path, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    case = Case("get_repository", IN, {f"GET {R}": Answer({"message": "No"}, status, headers)}, {})
    with pytest.raises(RateLimited if seconds is not None else Refused) as refused:
        await play(tmp_path, "github", config, {"token": CANARY}, case)
    assert getattr(refused.value, "retry_after", None) == seconds


@pytest.mark.parametrize("path", ["../secrets", "a/../../x", "."])
async def test_a_path_stays_in_its_repository(tmp_path: Path, path: str) -> None:
    case = Case("read_file", {**IN, "path": path}, {}, {})
    with pytest.raises(Exception, match="is no name"):
        await play(tmp_path, "github", config, {"token": CANARY}, case)


async def test_we_learn_as_whom_we_are_connected(tmp_path: Path) -> None:
    with Desk() as github:
        github.routes["/user"] = lambda _: Answer({"login": "ada"})
        async with opened(tmp_path, "github", config(github.url), {"token": CANARY}) as link:
            assert await GitHub().test(link) == "ada at GitHub"
