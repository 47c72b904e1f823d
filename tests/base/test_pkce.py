"""Who comes back from another site is who left."""

import base64
import hashlib

from troupe.base.pkce import new_proof, read_proof


def test_only_the_browser_that_left_has_the_proof() -> None:
    one, other = new_proof(), new_proof()
    assert read_proof(one.cookie, one.state) == one
    for cookie, state in ((other.cookie, one.state), ("", ""), (one.state, one.state), (one.cookie, "\ud800")):
        assert read_proof(cookie, state) is None
    digest = base64.urlsafe_b64encode(hashlib.sha256(one.verifier.encode()).digest()).rstrip(b"=")
    assert one.asked["code_challenge"] == digest.decode()
    assert one.verifier not in str(one.asked)
