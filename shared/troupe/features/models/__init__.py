"""Models by name: which provider answers, for how much, what is tried when one does not, and answers that fit a schema.

`service` is what the app holds, one a process; `attempt` is the face of it that one attempt of a step is given;
`routing` finds the provider behind `provider/model`; `pricing` bounds what a call can cost; `structured` checks JSON.
No database. A provider is added in `catalog/llm`.
"""
