"""Tasks: summarize, extract and classify in one call, whatever model the workspace's routes name for them.

A task is a run of one node, journaled and priced like any other; the call waits for its end. Another task is one more
entry of service.TASKS: a block and the route it goes by. Calls features/workflows and features/runs.
"""
