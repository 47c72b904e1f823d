"""Definitions: what workflows and agents have in common.

A definition is a text with an id, immutable versions and aliases. text reads YAML with positions; structure checks its
keys; plan and service keep versions and apply folders; diff compares. A kind (`kind.Kind`) says what its text means;
another kind of definition is one more Kind in the feature it belongs to.
"""
