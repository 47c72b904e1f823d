"""Blocks as a caller lists them: the catalogue, from its file and without importing one. Calls catalog/registry."""
