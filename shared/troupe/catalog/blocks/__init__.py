"""Blocks: text/split.py is the block text.split. One class a file; scripts/new block family/verb writes one."""
