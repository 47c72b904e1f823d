"""Upkeep: room in the journal for what comes, and the removal of what nobody needs any more.

`sweep.py` says what is done and in which order, `removal.py` takes one run and those below it away, `store.py` has the
SQL. All of it is safe at any time and in many processes at once; each transaction is bounded. A new kind of thing that
gets old is a function in the store and a line in the sweep.
"""
