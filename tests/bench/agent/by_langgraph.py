"""LangGraph's prebuilt agent with its Postgres saver, each step persisted before the next: the same loop."""

import asyncio
import json
import sys
import time
import uuid
import warnings

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.prebuilt import create_react_agent
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

warnings.simplefilter("ignore")


class Instant(BaseChatModel):
    """A model that calls its tool turn after turn, then answers."""

    turns: int

    @property
    def _llm_type(self):
        return "instant"

    def bind_tools(self, tools, **more):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **more):
        turn = sum(isinstance(m, AIMessage) for m in messages)
        said = AIMessage("Done.")
        if turn < self.turns - 1:
            said = AIMessage("", tool_calls=[{"id": f"c{turn}", "name": "look", "args": {"value": turn}}])
        return ChatResult(generations=[ChatGeneration(message=said)])

    async def _agenerate(self, messages, stop=None, run_manager=None, **more):
        return self._generate(messages)


@tool
async def look(value: int) -> dict:
    """Look."""
    return {"value": value}


async def main(url, turns, runs):
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=4, max_size=20, kwargs=kwargs) as pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        agent = create_react_agent(Instant(turns=turns), [look], checkpointer=saver)
        return [await one(agent, turns) for _ in range(runs + 5)][5:]


async def one(agent, turns):
    config = {"configurable": {"thread_id": str(uuid.uuid4())}, "recursion_limit": 1000}
    began = time.perf_counter()
    done = await agent.ainvoke({"messages": [HumanMessage("Go.")]}, config, durability="sync")
    taken = time.perf_counter() - began
    assert sum(isinstance(m, AIMessage) for m in done["messages"]) == turns
    return taken


print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
