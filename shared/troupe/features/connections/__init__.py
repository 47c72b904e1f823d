"""Connections: our accounts at outside services, their sealed credentials, and the tools they give to runs.

`vault` seals and opens credentials, `link` is a connection opened for one use, `trial` asks a service what it can do,
`service` is what people do over HTTP, `consent` has a person grant access on the service's own page, `search` and
`tools` are what runs do. A kind of service is a file in `catalog/connectors`.
"""
