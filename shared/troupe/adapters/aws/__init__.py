"""Ports on AWS: one file a port, named as in `ports/`; `turn`, `work` and `below` are what the state machine needs.

`_client` makes the clients, calls them beside the event loop and says what their failures mean; no other file imports
boto3. Adapters are made by `app/wiring` and tested by the contracts in `tests/ports`, on moto.
"""
