"""DBOS Transact by its asynchronous API: a workflow of steps, the system database in Postgres."""

import asyncio
import uuid
from importlib.metadata import version

from cases import CASES
from dbos import DBOS, SetWorkflowID

VERSION = version("dbos")


@DBOS.step()
async def step(number: int, pause: float) -> int:
    if pause:
        await asyncio.sleep(pause)
    return number


@DBOS.workflow()
async def workflow(name: str) -> int:
    case, done = CASES[name], 0
    for width in case.layers:
        await asyncio.gather(*[step(done + i, case.pause) for i in range(width)])
        done += width
    return done


async def setup(url):
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    DBOS(
        config={
            "name": "bench",
            "system_database_url": address,
            "sys_db_pool_size": 20,
            "log_level": "ERROR",
            "run_admin_server": False,
        }
    )
    DBOS.launch()


async def run(name):
    with SetWorkflowID(str(uuid.uuid4())):
        handle = await DBOS.start_workflow_async(workflow, name)
    return await handle.get_result()


async def close():
    DBOS.destroy()
