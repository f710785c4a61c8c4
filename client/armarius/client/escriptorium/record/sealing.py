"""Encrypting what must not be read from a database: by Fernet (AES-128-CBC, HMAC-SHA-256), with the environment's keys.

``ARMARIUS_TOKEN_KEYS`` holds one key, or several with spaces or commas between: the first encrypts, all decrypt. So a
new key is put before the old one, ``armarius-escriptorium reseal`` encrypts all anew, and the old one is removed.
"""

import json
import os
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from armarius.client.errors import ConfigurationError

KEYS_VARIABLE = "ARMARIUS_TOKEN_KEYS"


class CannotOpen(ConfigurationError):
    """What was encrypted is damaged, another user's, or its key is not among those that are given."""


class Seal:
    """Encrypts and decrypts.

    Args:
        keys: As ``Fernet.generate_key`` makes them; the first encrypts.
    """

    def __init__(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def from_environment(cls) -> "Seal":
        """Reads the keys.

        Raises:
            ConfigurationError: There are none, or one of them is none. The message does not show it.
        """
        keys = os.environ.get(KEYS_VARIABLE, "").replace(",", " ").split()
        how = "Make one with: armarius-escriptorium new-key"
        if not keys:
            raise ConfigurationError(f"{KEYS_VARIABLE} is not set.", how)
        try:
            return cls(keys)
        except ValueError as error:
            raise ConfigurationError(f"{KEYS_VARIABLE} holds what is no key.", how) from error

    def close(self, user: int, secret: dict[str, Any]) -> str:
        """Encrypts what belongs to a user."""
        return self._fernet.encrypt(json.dumps({"user": user, "secret": secret}).encode()).decode()

    def open(self, user: int, sealed: str) -> dict[str, Any]:
        """Decrypts what belongs to a user.

        Raises:
            CannotOpen: It cannot be decrypted, or was encrypted for another user.
        """
        try:
            found = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise CannotOpen("The tokens of an account cannot be decrypted.", f"Look at {KEYS_VARIABLE}.") from error
        if found["user"] != user:
            raise CannotOpen("The tokens of an account are another user's.")
        secret: dict[str, Any] = found["secret"]
        return secret

    def renew(self, sealed: str) -> str:
        """Encrypts anew, with the first key.

        Raises:
            CannotOpen: It cannot be decrypted.
        """
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise CannotOpen("The tokens of an account cannot be decrypted.", f"Look at {KEYS_VARIABLE}.") from error


def new_key() -> str:
    """Makes a key."""
    return Fernet.generate_key().decode()
