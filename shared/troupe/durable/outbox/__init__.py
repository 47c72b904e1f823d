"""The outbox: messages that become true with the transaction of their cause, and are delivered after it.

`store.py` has all of it: `insert_messages` in a member's transaction, `PgOutbox` for whoever delivers. A delivery holds
its row for a while; a process that dies with it leaves it to the next. Relays mark rows and remember no place.
"""
