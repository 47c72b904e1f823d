"""Sockets: WebSockets that a gateway holds, in place of the ones a process holds by itself (`features/runs/socket`).

They say and hear the same. `service.py` has what the gateway tells (opened, heard, closed), `followers.py` what a
publisher asks; whatever is said is read from the journal, so nothing is lost where a publisher dies.
"""
