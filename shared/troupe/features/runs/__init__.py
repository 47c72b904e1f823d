"""Runs: start, watch and steer durable executions.

Owns what a caller sees of the journal (Run, Step, Event) and the verbs on it; the journal itself is `durable/`. Calls
workflows for versions. A new kind of thing that runs brings a program (app/wiring) and starts here by `launch`.
"""
