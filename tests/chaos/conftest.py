"""The durable core's fixtures, for what fails around it."""

from tests.durable.conftest import house, ledger

__all__ = ["house", "ledger"]
