"""Puts the parts together: wiring.py chooses adapters, http.py lists every router, one per line."""
