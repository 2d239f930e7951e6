"""Signs the commits that this GitHub makes itself, and tells its own signature from others'."""

import base64
import hashlib
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAMESPACE = b"git"
HASH = b"sha512"
BEGIN = "-----BEGIN SSH SIGNATURE-----"
END = "-----END SSH SIGNATURE-----"


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


class SigningKey:
    """The key of this GitHub; the format is the one that `ssh-keygen -Y verify` reads."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        raw = self._private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self._public = _string(b"ssh-ed25519") + _string(raw)

    @property
    def allowed_signer(self) -> str:
        """The line for an allowed-signers file, so that git can check the signatures too."""
        return f"noreply@github.com ssh-ed25519 {base64.b64encode(self._public).decode()}"

    def sign(self, message: bytes) -> str:
        """Sign a commit's text."""
        signature = _string(b"ssh-ed25519") + _string(self._private.sign(self._signed(message)))
        blob = (
            b"SSHSIG"
            + struct.pack(">I", 1)
            + _string(self._public)
            + _string(NAMESPACE)
            + _string(b"")
            + _string(HASH)
            + _string(signature)
        )
        text = base64.b64encode(blob).decode()
        lines = [text[start : start + 70] for start in range(0, len(text), 70)]
        return "\n".join([BEGIN, *lines, END])

    def verifies(self, message: bytes, armoured: str) -> bool:
        """Say whether a signature over a commit's text was made with this key."""
        lines = armoured.strip().splitlines()
        if len(lines) < 3 or lines[0] != BEGIN or lines[-1] != END:  # noqa: PLR2004 - frame and body
            return False
        blob = base64.b64decode("".join(lines[1:-1]))
        if self._public not in blob:
            return False
        try:
            self._private.public_key().verify(blob[-64:], self._signed(message))
        except InvalidSignature:
            return False
        return True

    @staticmethod
    def _signed(message: bytes) -> bytes:
        digest = hashlib.sha512(message).digest()
        return b"SSHSIG" + _string(NAMESPACE) + _string(b"") + _string(HASH) + _string(digest)
