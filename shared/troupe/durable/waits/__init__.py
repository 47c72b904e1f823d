"""Waits: what an orchestrator outside this process knows of a run: its leg, and the token that wakes its execution.

`store.py` has all of it, as the engine's role. A token is kept under the lock of its run's row, so that whatever wakes
the run is either seen before it rests or finds the token.
"""
