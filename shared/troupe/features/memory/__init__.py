"""Memory: what an agent keeps from run to run, with where each entry comes from.

recall is what a run's steps reach (`catalog.contract.Memories`); service and routes are for people: list, add, correct,
erase. Erasing takes an entry out of the table and out of every journal that holds its text (`erase.py`). Calls
features/definitions for the agent and features/models for vectors.
"""
