"""Chat: conversations with agents, whose messages are a tree and whose answers are runs.

store holds what people said; what the agent said is read from the journals of the messages' runs (answers), so nothing
is kept twice. sending starts, queues and stops; program goes on with what is queued when a run ends; agui and stream
are the same journal as AG-UI events. Calls features/agents for versions, features/runs for runs, approvals for what
waits. Another client's form of a stream is a new file beside agui.
"""
