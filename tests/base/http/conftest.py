"""A certificate that a client of the test trusts."""

import ssl
from pathlib import Path

import pytest

from tests.servers.tls import make_certificate


@pytest.fixture
def tls_pair(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server called shop.example and of a client that trusts it."""
    path = tmp_path / "shop.pem"
    return make_certificate("shop.example", path), ssl.create_default_context(cafile=str(path))
