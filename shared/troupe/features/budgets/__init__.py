"""Budgets: what may be spent, per scope and period. The durable core reserves against them before each paid call."""
