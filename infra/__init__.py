"""Troupe on AWS, as a CDK app: `TROUPE_PROFILE=lean python infra/app.py` writes CloudFormation templates.

Owns what exists in an account: networks, databases, functions, services, alarms. It imports nothing of the product; what
the two agree on are the names of environment variables (`environment.py`) and of handlers (`functions.py`). A shape
that repeats is a construct, what belongs together is a stack, what a kind of customer chooses is a field of a profile.
"""
