"""What GitHub's tools take, and what they show of its answers."""

from typing import Literal

from pydantic import Field

from troupe.catalog.connectors._rest import Paged
from troupe.catalog.contract import Fields

NAME = r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$"
LOGIN = "A user or organization."
State = Literal["open", "closed", "all"]


class InRepository(Fields):
    """A repository."""

    repository: str = Field(description="The repository, as owner/name.", pattern=NAME)


class ListInRepository(InRepository, Paged):
    """Something of a repository, page by page."""


class ListRepositories(Paged):
    """Whose repositories."""

    owner: str = Field("", description=f"{LOGIN} Empty: all that we may see.", max_length=100)
    sort: Literal["updated", "created", "pushed", "full_name"] = Field("updated", description="In which order.")


class Search(Paged):
    """Words and qualifiers."""

    query: str = Field(description="GitHub's search syntax, like `repo:o/n is:open label:bug crash`.", max_length=1000)


class ListIssues(ListInRepository):
    """Which issues."""

    state: State = Field("open", description="Open ones, closed ones, or all.")
    labels: list[str] = Field([], description="Only with all of these labels.", max_length=20)
    assignee: str = Field("", description="Only of this login; `none` for nobody's, `*` for anybody's.", max_length=100)
    since: str = Field("", description="Only changed after this time, as 2026-11-21T09:00:00Z.", max_length=40)


class OneNumber(InRepository):
    """An issue or a pull request."""

    number: int = Field(description="The number of the issue or pull request.", ge=1)


class NumberPage(OneNumber, Paged):
    """Something of an issue or a pull request, page by page."""


class IssueText(Fields):
    """What an issue holds."""

    body: str | None = Field(None, description="The text, as Markdown.", max_length=65_000)
    labels: list[str] | None = Field(None, description="The labels it shall have, all of them.", max_length=100)
    assignees: list[str] | None = Field(None, description="The logins it is assigned to, all of them.", max_length=10)


class CreateIssue(InRepository, IssueText):
    """A new issue."""

    title: str = Field(description="What it is about, in a line.", min_length=1, max_length=256)


class UpdateIssue(OneNumber, IssueText):
    """What changes; the rest stays."""

    title: str | None = Field(None, description="Another title.", min_length=1, max_length=256)
    state: Literal["open", "closed"] | None = Field(None, description="Close it, or open it again.")
    reason: Literal["completed", "not_planned", "duplicate", "reopened"] | None = Field(
        None, description="Why the state changes."
    )


class Comment(OneNumber):
    """What is said."""

    body: str = Field(description="The text, as Markdown.", min_length=1, max_length=65_000)


class Labels(OneNumber):
    """Labels to add."""

    labels: list[str] = Field(description="Labels to add to those it has.", min_length=1, max_length=100)


class ListPulls(ListInRepository):
    """Which pull requests."""

    state: State = Field("open", description="Open ones, closed ones, or all.")
    base: str = Field("", description="Only into this branch.", max_length=250)
    head: str = Field("", description="Only from this branch, as owner:branch.", max_length=350)


class CreatePull(InRepository):
    """A new pull request."""

    title: str = Field(description="What it does, in a line.", min_length=1, max_length=256)
    head: str = Field(description="The branch with the changes; owner:branch from a fork.", max_length=350)
    base: str = Field(description="The branch to change.", max_length=250)
    body: str = Field("", description="The text, as Markdown.", max_length=65_000)
    draft: bool = Field(default=False, description="Not ready for review yet.")


class Review(OneNumber):
    """A review of a pull request."""

    event: Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"] = Field(description="What the review says.")
    body: str = Field("", description="Why; needed unless it approves.", max_length=65_000)


class Merge(OneNumber):
    """How to merge."""

    method: Literal["merge", "squash", "rebase"] = Field("merge", description="How its commits are put together.")
    sha: str = Field("", description="Merge only if this is still its head.", max_length=64)


class ReadFile(InRepository):
    """Which file or folder."""

    path: str = Field("", description="The path in the repository; empty is its root.", max_length=1000)
    ref: str = Field("", description="A branch, tag or commit; empty is the default branch.", max_length=250)


class PutFile(InRepository):
    """A file and its commit."""

    path: str = Field(description="The path in the repository.", min_length=1, max_length=1000)
    content: str = Field(description="The whole text of the file.", max_length=1_000_000)
    message: str = Field(description="The message of the commit.", min_length=1, max_length=2000)
    branch: str = Field("", description="On which branch; empty is the default one.", max_length=250)
    sha: str = Field("", description="`sha` of the file that is replaced; empty for a new one.", max_length=64)


class CreateBranch(InRepository):
    """A branch and where it begins."""

    branch: str = Field(description="Its name.", min_length=1, max_length=250)
    source: str = Field("", description="The branch, tag or commit it begins at; empty: the default.", max_length=250)


class ListCommits(ListInRepository):
    """Which commits."""

    ref: str = Field("", description="A branch, tag or commit to begin at.", max_length=250)
    path: str = Field("", description="Only those that change this path.", max_length=1000)
    author: str = Field("", description="Only by this login or mail address.", max_length=200)
    since: str = Field("", description="Only after this time, as 2026-11-21T09:00:00Z.", max_length=40)


class ListRuns(ListInRepository):
    """Which runs of workflows."""

    workflow: str = Field("", description="Only of this workflow: its file name or id.", max_length=200)
    branch: str = Field("", description="Only on this branch.", max_length=250)
    status: Literal["", "queued", "in_progress", "completed", "success", "failure", "cancelled"] = Field(
        "", description="Only in this state or with this end."
    )


class OneRun(InRepository):
    """A run of a workflow."""

    run: int = Field(description="The id of the run.", ge=1)


class Dispatch(InRepository):
    """A workflow to start."""

    workflow: str = Field(description="The workflow's file name, like release.yml, or its id.", max_length=200)
    ref: str = Field(description="The branch or tag to run it on.", min_length=1, max_length=250)
    inputs: dict[str, str] = Field({}, description="The inputs that the workflow takes.", max_length=25)


REPOSITORY = {
    "name": "full_name", "description": "description", "private": "private", "archived": "archived",
    "default_branch": "default_branch", "language": "language", "open_issues": "open_issues_count",
    "pushed_at": "pushed_at", "url": "html_url",
}  # fmt: skip
ISSUE = {
    "number": "number", "title": "title", "state": "state", "reason": "state_reason", "author": "user.login",
    "labels": "labels[].name", "assignees": "assignees[].login", "comments": "comments", "created_at": "created_at",
    "updated_at": "updated_at", "closed_at": "closed_at", "url": "html_url", "body": "body",
    "pull_request": "pull_request.html_url",
}  # fmt: skip
COMMENT = {"id": "id", "author": "user.login", "created_at": "created_at", "body": "body", "url": "html_url"}
PULL = {
    "number": "number", "title": "title", "state": "state", "draft": "draft", "merged": "merged",
    "mergeable": "mergeable_state", "author": "user.login", "head": "head.label", "head_sha": "head.sha",
    "base": "base.ref", "labels": "labels[].name", "reviewers": "requested_reviewers[].login",
    "changed_files": "changed_files", "additions": "additions", "deletions": "deletions", "created_at": "created_at",
    "updated_at": "updated_at", "merged_at": "merged_at", "url": "html_url", "body": "body",
}  # fmt: skip
CHANGED = {
    "path": "filename", "status": "status", "additions": "additions", "deletions": "deletions", "patch": "patch",
    "was": "previous_filename",
}  # fmt: skip
ENTRY = {"path": "path", "type": "type", "size": "size", "sha": "sha"}
FOUND = {"path": "path", "repository": "repository.full_name", "sha": "sha", "url": "html_url",
         "matches": "text_matches[].fragment"}  # fmt: skip
COMMIT = {
    "sha": "sha", "message": "commit.message", "author": "commit.author.name", "login": "author.login",
    "date": "commit.author.date", "url": "html_url",
}  # fmt: skip
RUN = {
    "id": "id", "name": "name", "title": "display_title", "event": "event", "branch": "head_branch",
    "sha": "head_sha", "status": "status", "conclusion": "conclusion", "attempt": "run_attempt",
    "created_at": "created_at", "url": "html_url",
}  # fmt: skip
JOB = {"id": "id", "name": "name", "status": "status", "conclusion": "conclusion", "url": "html_url"}
RELEASE = {"tag": "tag_name", "name": "name", "draft": "draft", "prerelease": "prerelease",
           "published_at": "published_at", "url": "html_url", "body": "body"}  # fmt: skip
PUT = {"sha": "content.sha", "path": "content.path", "url": "content.html_url", "commit": "commit.sha"}
