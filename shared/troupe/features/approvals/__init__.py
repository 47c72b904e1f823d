"""Approvals: a person's decision on exactly these arguments.

An approval is a waiting step of a journal and nothing beside it, so it cannot disagree with its run: this folder reads
those steps and decides by the signal they wait for, whose key admits one decision. Calls durable/store for the signal.
"""
