"""Connectors: kinds of outside services, one file each."""
