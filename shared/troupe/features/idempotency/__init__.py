"""Idempotency-Key: the same request again gets the same answer, and is done once.

The key's row is written in the transaction of the work, so an answer that was given is kept and one that was not never
happened. Same key, same body: the same answer; another body: 422; while the first is under way: 409. Used by every
route that starts or pays for something.
"""
