"""Sealing: AES-256-GCM with a random nonce, bound to the identity of the row that holds it.

A sealed value is its nonce and its ciphertext. The identity is authenticated with it, so that a row's value can't be
moved into another row. Everything else that needs the master key derives a key of its own from it here.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class NotOpened(Exception):
    """A sealed value does not belong to this key or this identity."""


def new_key() -> bytes:
    """A random 256-bit key."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plain: bytes, *identity: str) -> bytes:
    """`plain` sealed under `key` for the row named by `identity`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _bound(identity))


def unseal(key: bytes, sealed: bytes, *identity: str) -> bytes:
    """What was sealed. Raises: `NotOpened` for another key, another identity or changed bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(identity))
    except (InvalidTag, ValueError) as wrong:
        raise NotOpened from wrong


def derived(master: bytes, purpose: str, salt: bytes | None = None) -> bytes:
    """A key for one purpose; it tells nothing of the master key, nor of that for another salt."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=f"lightkeeper {purpose}".encode()).derive(master)


def reference(key: bytes, *parts: str) -> str:
    """A stable name that only the holder of `key` can link to `parts`: a truncated HMAC-SHA256, in hexadecimal."""
    return hmac.new(key, _bound(parts), hashlib.sha256).hexdigest()[:24]


def _bound(parts: tuple[str, ...]) -> bytes:
    encoded = (part.encode("utf-8", "surrogatepass") for part in parts)
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
