"""Where the ports meet the world: embedded (a laptop) and aws, the same file names in both.

Imports ports, base and (embedded only) durable/store.py; knows neither features nor the catalog.
"""
