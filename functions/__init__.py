"""Every door by which the world comes in. A door unpacks an event, calls troupe.app, packs the answer.

One file a door: api, advance, wait, jobs, sweep, migrate, sandbox, websocket (functions; `kept`, `loop` and `observed`
are what they share), server (one process), cli/.
"""
