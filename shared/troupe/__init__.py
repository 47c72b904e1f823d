"""Troupe, the product. Imports point down: app, adapters, features, durable | catalog, ports, base."""

__version__ = "0.1.0"
