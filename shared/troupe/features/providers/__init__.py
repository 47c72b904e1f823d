"""Model providers of a workspace: where they are, their keys, what they cost.

Owns `providers`; the keys lie in `credentials` (features/connections). `own.py` opens them for `features/models`, whose
`choices.py` knows them for some seconds. A kind of provider is a file in `catalog/llm`.
"""
