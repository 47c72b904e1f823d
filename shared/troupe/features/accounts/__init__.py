"""Accounts: workspaces, members, and the tokens by which a caller is known.

A token, a browser's session and a sign-in code are one thing, a secret whose hash is kept; `deps.py` turns the one a
request shows into a Scope. Called by every route; calls nothing but base. A new way to sign in ends in `make_session`.
"""
