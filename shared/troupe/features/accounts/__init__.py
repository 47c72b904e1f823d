"""Accounts: workspaces, members, and the tokens by which a caller is known.

A token, a browser's session and a sign-in code are one thing, a secret whose hash is kept; `deps.py` turns the one a
request shows into a Scope. `issuer` knows whom an OpenID provider vouches for, `code_flow` sends a browser there and
back; a person's session may do what its member may do now. Called by every route; calls nothing but base. A new way to
sign in ends in `service._make_session`.
"""
