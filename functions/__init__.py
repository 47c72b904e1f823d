"""Every door by which the world comes in. A door unpacks an event, calls troupe.app, packs the answer.

One file a door: api, advance, jobs (functions; `kept` is what they keep between calls), server (one process), cli/.
"""
