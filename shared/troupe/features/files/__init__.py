"""Files: content that runs read and write, kept by the files port under ids of ours.

Owns the list of what is kept (name, size, hash, type); the bytes lie in `ports/files`. Blocks reach it by their
context, a caller by /files. A name is only ever shown, never used as a path.
"""
