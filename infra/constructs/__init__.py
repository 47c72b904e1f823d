"""Constructs: shapes that repeat, with the safe choice made once."""
