"""Completions: the doors that any OpenAI client opens, `/v1/models`, `/v1/chat/completions` and `/v1/responses`.

`asked` is a question in Troupe's words, whichever door it came by; `chat` and `responses` read and write the two wire
forms; `shape` is their errors; `program` asks one model as a durable run; `service` starts runs, `follow` reads their
answers (`shown`: what of one has left already), `kept` goes on from them; `routes` are the doors. A parameter is added
where its door reads it, and refused by name until then. Calls features/agents, features/models and features/runs.
"""
