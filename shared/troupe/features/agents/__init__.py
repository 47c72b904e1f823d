"""Agents: a model, instructions, tools and limits as a versioned definition, and the program that plays one.

definition is what a text may say; check finds every problem; service is the kind; program is the loop, a durable
program like any other: turns asks the model, toolbox says what may be used, using uses it, window keeps the context
within the model's. Another kind of tool is a new case in toolbox (what it looks like) and in using (what it does).
Calls features/definitions for versions, ports/run for all that lasts, and what a block's context offers for the rest.
"""
