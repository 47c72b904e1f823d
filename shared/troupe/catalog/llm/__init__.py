"""Model providers: one file a wire format, named after its kind, that defines `provider`.

`provider(settings, http)` makes a Provider; the official SDK is imported at its first call and given the guarded
transport. `models.json` holds prices and abilities. `demo` is rules and no AI, always there, and never leaves the
process. Files that start with an underscore are shared parts, not providers.
"""
