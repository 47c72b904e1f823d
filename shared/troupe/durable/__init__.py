"""The durable core: the journal and what advances a run.

Owns runs, steps, signals, workers and the outbox. Called by features and app; calls only ports and base. Small and
complete: a new kind of waiting or effect is a change of the law in docs/decisions first.
"""
