"""The nouns of the product, one folder each with the same file names.

models.py (data), service.py (the verbs), store.py (all its SQL), routes.py (HTTP), program.py (what runs durably).
Features call each other's public names without cycles; a new noun is a new folder and one line in app/http.py.
"""
