"""http.download: the content at an address, kept as a file."""

from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from pydantic import Field

from troupe.base.errors import StepFailed
from troupe.base.http import HttpStream
from troupe.base.http.answers import failure, media_type
from troupe.catalog.blocks.http._far import Page
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, read

MB = 1_000_000


class Download(Block):
    """Fetch what is at an address into a file of the workspace, up to 100 MB."""

    title = "Download"
    effect = read
    timeout = 310.0

    class Input(Page):
        """Where it is, and how the file shall be called."""

        name: str = Field("", description="The file's name; empty takes the one the server suggests.", max_length=200)
        max_bytes: int = Field(25 * MB, description="The largest content, in bytes.", ge=1, le=100 * MB)

    class Output(Fields):
        """The file, as a value other blocks take; where it came from at last, its media type, its size in bytes."""

        file: dict[str, Json]
        url: str
        type: str
        size: int

    examples = (
        Example(
            title="A list", given={"url": "{{server}}/lists/a%20list.csv"}, serves={"/lists/a%20list.csv": "a,b\n"}
        ),
        Example(title="Under a name", given={"url": "{{server}}/x", "name": "x.txt"}, serves={"/x": "Hello"}),
    )
    refuses = (
        Refusal(given={"url": "file:///etc/passwd"}, code="bad_url"),
        Refusal(given={"url": "https://example.com", "max_bytes": 0}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        async with ctx.http.stream(
            "GET", given.url, headers=given.headers, timeout=given.timeout, max_bytes=given.max_bytes
        ) as answer:
            if answer.status >= 400:
                raise failure(answer.status, answer.headers, answer.url, "", ctx.now())
            if answer.status >= 300:
                raise StepFailed(f"The address answers {answer.status} and no content.", code="no_content")
            content = await _content(answer, ctx)
        kind = media_type(answer.headers)
        file = await ctx.files.write(given.name or _name(answer), content, kind)
        return self.Output(file=file, url=answer.url, type=str(file.get("type") or kind), size=len(content))


async def _content(answer: HttpStream, ctx: Context) -> bytes:
    made, told = bytearray(), 0
    async for piece in answer.chunks():
        made += piece
        if len(made) - told > MB:
            told = len(made)
            ctx.tell("progress", {"bytes": told})
    return bytes(made)


def _name(answer: HttpStream) -> str:
    said = Message()
    said["content-disposition"] = answer.headers.get("content-disposition", "")
    path = PurePosixPath(unquote(urlsplit(answer.url).path)).name
    return (said.get_filename() or path or "download")[:200]
