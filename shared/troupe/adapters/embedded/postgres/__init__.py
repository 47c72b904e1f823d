"""Postgres as part of Troupe: one server in `TROUPE_HOME`, started, kept alive and stopped with its owner.

`server` holds the one public name, `Postgres`; `binaries` finds what to run, `cluster` makes and checks the data,
`leftovers` clears what a crash left, `keeper` is the small process beside the server, `trouble` has the sentences.
The wheel's own launcher is never imported: as root it makes an account and opens every folder up to `/`, takes a zombie
for a server, and leaves servers behind when its client is killed.
"""

from troupe.adapters.embedded.postgres.server import Postgres

__all__ = ["Postgres"]
