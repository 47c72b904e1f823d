"""Commits: the one statement by which the rows of a batch become true, and what goes with it.

`store.py` has all of it. A kind of rows is a part of the statement; how its rows come is apart from what it does with
them: those of many runs as one JSON text, those of a run by itself as parameters.
"""
