"""LangGraph with its Postgres saver on a pool of 20; each superstep is persisted before the next one starts."""

import asyncio
import operator
import os
import uuid
from importlib.metadata import version
from typing import Annotated, TypedDict

from cases import CASES
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

VERSION = version("langgraph")
DURABILITY = os.environ.get("BENCH_DURABILITY", "sync")
state = {}


class Done(TypedDict):
    steps: Annotated[list[int], operator.add]


def make_node(number, pause):
    async def node(_state):
        if pause:
            await asyncio.sleep(pause)
        return {"steps": [number]}

    return node


def make_graph(case, saver):
    graph, before, number = StateGraph(Done), [START], 0
    for width in case.layers:
        layer = [f"n{number + i}" for i in range(width)]
        for i, name in enumerate(layer):
            graph.add_node(name, make_node(number + i, case.pause))
            graph.add_edge(before if len(before) > 1 else before[0], name)
        before, number = layer, number + width
    for name in before:
        graph.add_edge(name, END)
    return graph.compile(checkpointer=saver)


async def setup(url):
    state["pool"] = pool = AsyncConnectionPool(
        url,
        min_size=20,
        max_size=20,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
    )
    await pool.open(wait=True)
    saver = AsyncPostgresSaver(pool)
    await saver.setup()
    state["graphs"] = {name: make_graph(case, saver) for name, case in CASES.items()}


async def run(name):
    config = {"configurable": {"thread_id": str(uuid.uuid4())}, "recursion_limit": 100}
    done = await state["graphs"][name].ainvoke({"steps": []}, config, durability=DURABILITY)
    return len(done["steps"])


async def close():
    await state["pool"].close()
