"""DBOS Transact by its thread API; only chains, since it joins parallel steps through a queue."""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor

from by_dbos import DBOS, VERSION, SetWorkflowID, close, setup
from cases import CASES

__all__ = ["VERSION", "close", "run", "setup"]
threads = ThreadPoolExecutor(200)


@DBOS.step()
def plain_step(number: int) -> int:
    return number


@DBOS.workflow()
def plain_workflow(name: str) -> int:
    layers = CASES[name].layers
    for number in range(len(layers)):
        plain_step(number)
    return len(layers)


def start(name):
    if set(CASES[name].layers) != {1}:
        raise NotImplementedError("only chains")
    with SetWorkflowID(str(uuid.uuid4())):
        return DBOS.start_workflow(plain_workflow, name).get_result()


async def run(name):
    return await asyncio.get_running_loop().run_in_executor(threads, start, name)
