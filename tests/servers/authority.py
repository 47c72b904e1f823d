"""A certificate authority of a test's own."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
PEM = serialization.Encoding.PEM


class Authority:
    """`pem` is its own certificate."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        limits = x509.BasicConstraints(ca=True, path_length=0)
        made = self._about(self._name, self._key).add_extension(limits, critical=True)
        self.pem = made.sign(self._key, hashes.SHA256()).public_bytes(PEM).decode()

    def server(self, folder: Path, address: str) -> ssl.SSLContext:
        """What a server of this address shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        about = self._about(x509.Name([]), key).add_extension(names, critical=True)
        folder.mkdir(parents=True, exist_ok=True)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(private)
        (folder / "cert.pem").write_bytes(about.sign(self._key, hashes.SHA256()).public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        return context

    def _about(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            self._name, name, key.public_key(), x509.random_serial_number(), NOW - timedelta(hours=1),
            NOW + timedelta(hours=1),
        )  # fmt: skip
