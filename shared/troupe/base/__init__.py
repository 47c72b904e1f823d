"""What everything stands on: errors, ids, clock, settings, JSON values, database, HTTP, log.

Owns no noun of the product and imports nothing of it. Add here only what two layers above need.
"""
