"""Every door by which the world comes in. A door unpacks an event, calls troupe.app, packs the answer.

One file a door: api, advance, jobs, websocket (functions), server (the one process), cli/ (the command line).
"""
