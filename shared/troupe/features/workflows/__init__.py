"""Workflows: text to definition, definition to plan, plan to durable program.

definition is what a text may say; check finds every problem; graph compiles; program runs; schema tells what a
definition takes and gives; edit changes a text and keeps its comments. What is common to workflows and agents (reading
texts, versions, diff, plan and apply) is features/definitions. Calls expressions/ for
CEL and ports/run for all that lasts.
"""
