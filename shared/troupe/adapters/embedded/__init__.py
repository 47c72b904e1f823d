"""Ports on one machine, in one process."""
