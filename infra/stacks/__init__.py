"""Stacks: what is deployed together. Each is one class; it takes the profile and the stacks it stands on."""
