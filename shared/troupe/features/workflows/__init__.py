"""Workflows: text to definition, definition to plan, plan to durable program.

text reads YAML with positions; definition is what it may say; check finds every problem; graph compiles; program runs;
schema, diff, edit and plan tell what a definition takes and gives and what changed, and change it with its comments.
Calls expressions/ for CEL and ports/run for all that lasts.
"""
