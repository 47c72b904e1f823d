"""No product: one INSERT and COMMIT per step over a pool of 20, the least that keeps a step."""

import asyncio
import uuid

import psycopg
from cases import CASES
from psycopg_pool import AsyncConnectionPool

VERSION = psycopg.__version__
state = {}


async def setup(url):
    state["pool"] = pool = AsyncConnectionPool(url, min_size=20, max_size=20, open=False, kwargs={"autocommit": True})
    await pool.open(wait=True)
    async with pool.connection() as line:
        await line.execute("CREATE TABLE floor_steps (run uuid, no int, result jsonb, PRIMARY KEY (run, no))")


async def step(run, no, pause):
    if pause:
        await asyncio.sleep(pause)
    async with state["pool"].connection() as line:
        await line.execute("""INSERT INTO floor_steps VALUES (%s, %s, '{"value": 1}')""", (run, no))


async def run(name):
    case, id, done = CASES[name], uuid.uuid4(), 0
    for width in case.layers:
        await asyncio.gather(*[step(id, done + i, case.pause) for i in range(width)])
        done += width
    return done


async def close():
    await state["pool"].close()
