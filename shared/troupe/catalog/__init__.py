"""Everything that is extended by adding one file: blocks, connectors, model providers, triggers, evaluators.

`contract.py` is the whole contract. A file's path below `blocks/` is the block's id; `registry.py` finds files by path
and imports them at first use; `catalogue.json` (`scripts/new catalogue`) lists what is published.
"""
