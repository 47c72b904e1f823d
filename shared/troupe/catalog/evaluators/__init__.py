"""Evaluators: what scores an output, one file each."""
