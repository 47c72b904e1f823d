"""math.statistics: what describes a list of numbers."""

import math
import statistics

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Statistics(Block):
    """Count, sum, mean, median, extremes, standard deviation (of a sample) and percentiles of numbers.

    Percentiles are interpolated between the two nearest numbers (type 7 of Hyndman and Fan 1996).
    """

    title = "Statistics"
    effect = pure
    cpu = True

    class Input(Fields):
        """Numbers."""

        numbers: list[float] = Field(description="The numbers.", min_length=1, max_length=MAX_ITEMS)
        percentiles: list[float] = Field(default=[], description="Which percentiles, from 0 to 100.", max_length=20)

    class Output(Fields):
        """The figures; `deviation` is null for one number, `percentiles` in the order they were asked for."""

        count: int
        sum: float
        mean: float
        median: float
        min: float
        max: float
        deviation: float | None
        percentiles: list[float]

    examples = (
        Example(
            title="Five times",
            given={"numbers": [2, 4, 4, 5, 10], "percentiles": [50, 90]},
            gives={
                "count": 5, "sum": 25.0, "mean": 5.0, "median": 4.0, "min": 2.0, "max": 10.0, "deviation": 3.0,
                "percentiles": [4.0, 8.0],
            },
        ),
        Example(
            title="One number",
            given={"numbers": [7]},
            gives={
                "count": 1, "sum": 7.0, "mean": 7.0, "median": 7.0, "min": 7.0, "max": 7.0, "deviation": None,
                "percentiles": [],
            },
        ),
    )  # fmt: skip
    refuses = (
        Refusal(given={"numbers": []}),
        Refusal(given={"numbers": [1], "percentiles": [101]}),
        Refusal(given={"numbers": ["many"]}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        from troupe.base.errors import Rejected

        if not all(0 <= p <= 100 for p in given.percentiles):
            raise Rejected("Percentiles are numbers from 0 to 100.", code="bad_input")
        if not all(map(math.isfinite, given.numbers)):
            raise Rejected("Not every number is finite.", code="bad_input")
        ordered = sorted(given.numbers)
        return self.Output(
            count=len(ordered),
            sum=math.fsum(ordered),
            mean=statistics.fmean(ordered),
            median=statistics.median(ordered),
            min=ordered[0],
            max=ordered[-1],
            deviation=statistics.stdev(ordered) if len(ordered) > 1 else None,
            percentiles=[_percentile(ordered, p) for p in given.percentiles],
        )


def _percentile(ordered: list[float], p: float) -> float:
    at = (len(ordered) - 1) * p / 100
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)
