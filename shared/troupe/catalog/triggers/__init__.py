"""Triggers: what starts runs, one file each."""
