"""Ports on one machine, in one process, and the Postgres that comes with them.

One file a port, named as in `ports/`; each is made by `app/wiring` and tested by its contract in `tests/ports`.
`postgres/` runs the database; `secret_files` writes what only we may read. A new adapter is a new file here and one
parameter in its contract test.
"""
