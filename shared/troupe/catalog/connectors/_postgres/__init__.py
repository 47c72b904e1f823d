"""Postgres as a far side: `session` connects as the guard allows, `store` asks, `forms` says what tools take."""
