"""file.list: which files there are."""

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, read


class List(Block):
    """Files of the workspace whose name starts so, the newest first."""

    title = "List files"
    effect = read

    class Input(Fields):
        """Which files."""

        prefix: str = Field("", description="How the name starts; empty lists all.", max_length=200)
        limit: int = Field(100, description="Files at most.", ge=1, le=1000)

    class Output(Fields):
        """The files, as values other blocks take."""

        files: list[dict[str, Json]]
        count: int

    examples = (
        Example(title="All", given={}, gives={"files": [], "count": 0}),
        Example(title="Reports", given={"prefix": "report-", "limit": 5}, gives={"files": [], "count": 0}),
    )
    refuses = (Refusal(given={"limit": 0}), Refusal(given={"prefix": 7}))

    async def run(self, given: Input, ctx: Context) -> Output:
        files = (await ctx.files.list(given.prefix))[: given.limit]
        return self.Output(files=files, count=len(files))
