"""What Troupe needs from outside itself: one small Protocol a file, with the fake its tests use.

Every port but `run` (that is `durable/`) has an adapter of the same name in `adapters/embedded` and `adapters/aws`,
and one contract test in `tests/ports` for both.
"""
