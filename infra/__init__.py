"""Troupe on AWS, as a CDK app: `TROUPE_PROFILE=lean python infra/app.py` writes CloudFormation templates.

Owns what exists in an account: networks, databases, functions, services, alarms. It imports nothing of the product; the
two agree on the names of environment variables (docs/reference/settings.md) and of handlers. A shape that repeats is a
construct, what belongs together is a stack, what a kind of customer chooses is a field of a profile.
"""
