"""The guarded HTTP client: the only way out of Troupe.

`addresses` says what may be reached, `guard` resolves and checks, `transport` connects to the checked address and to no
other, `hops` follows redirects, `client` is what everybody uses. httpx2 is imported at the first call: a door that only
answers needs none.
"""

from troupe.base.http.client import Http, HttpResponse, HttpStream
from troupe.base.http.guard import Guard, Resolver

__all__ = ["Guard", "Http", "HttpResponse", "HttpStream", "Resolver"]
