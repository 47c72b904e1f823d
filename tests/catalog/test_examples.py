"""Every block keeps what its examples and refusals promise."""

from copy import deepcopy

import pytest

from tests.catalog.harness import bench, run_block
from troupe.base.errors import TroupeError
from troupe.catalog.contract import Block, Example
from troupe.catalog.registry import block_ids, describe, get_block

IDS = sorted(block_ids())
EXAMPLES = [(id, n) for id in IDS for n in range(len(get_block(id).examples))]
REFUSALS = [(id, n) for id in IDS for n in range(len(get_block(id).refuses))]


def is_step(block: Block) -> bool:
    """Programs wait and ask: they run in the tests of the interpreter."""
    return type(block).program is Block.program


@pytest.mark.parametrize(("id", "number"), EXAMPLES)
async def test_a_block_gives_what_its_example_says(id: str, number: int) -> None:
    block = get_block(id)
    example = block.examples[number].model_copy(deep=True)
    if not is_step(block):
        block.Input.model_validate(example.given)
        return
    async with bench(example) as (context, given):
        before = deepcopy(given)
        made = await run_block(block, given, context)
    assert given == before, "a block changes nothing of what it is given: other nodes read it too"
    if example.gives is not None:
        assert made == example.gives


@pytest.mark.parametrize(("id", "number"), REFUSALS)
async def test_a_block_refuses_what_it_says_it_refuses(id: str, number: int) -> None:
    block = get_block(id)
    refusal = block.refuses[number]
    async with bench(Example(given=refusal.given)) as (context, given):
        with pytest.raises(TroupeError) as caught:
            await run_block(block, given, context)
    assert caught.value.code == refusal.code


@pytest.mark.parametrize("id", IDS)
def test_a_block_describes_itself(id: str) -> None:
    block, about = get_block(id), describe(id)
    assert len(block.examples) >= 2
    assert len(block.refuses) >= 1
    assert block.title
    assert about["description"][:1].isupper()
    for example in block.examples:
        if "{{server}}" not in str(example.given):
            block.Input.model_validate(example.given)
