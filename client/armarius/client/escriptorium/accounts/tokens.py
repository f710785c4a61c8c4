"""A user's tokens, as globus-sdk reads and renews them: encrypted in the database, in the clear in memory alone."""

from collections.abc import Mapping

from globus_sdk.token_storage import TokenStorage, TokenStorageData

from armarius.client.escriptorium.record.accounts import AccountBook
from armarius.client.escriptorium.record.sealing import Seal
from armarius.client.escriptorium.record.tables import AccountRow


class SealedTokens(TokenStorage):
    """Fulfils globus-sdk's ``TokenStorage`` for one account, as long as the user does not connect another.

    Args:
        book: Where accounts are written down.
        seal: Encrypts.
        row: The account, with its tokens.

    Raises:
        CannotOpen: The tokens cannot be decrypted.
    """

    def __init__(self, book: AccountBook, seal: Seal, row: AccountRow) -> None:
        super().__init__(namespace=f"user-{row.user}")
        self._book, self._seal, self._row = book, seal, row
        self._tokens = seal.open(row.user, row.sealed)

    def store_token_data_by_resource_server(
        self, token_data_by_resource_server: Mapping[str, TokenStorageData]
    ) -> None:
        """Keeps renewed tokens."""
        renewed = {server: data.to_dict() for server, data in token_data_by_resource_server.items()}
        self._tokens = {**self._tokens, **renewed}
        self._book.keep(self._row.user, self._row.stamp, self._seal.close(self._row.user, self._tokens))

    def get_token_data_by_resource_server(self) -> dict[str, TokenStorageData]:
        """Returns the tokens."""
        return {server: TokenStorageData.from_dict(data) for server, data in self._tokens.items()}

    def remove_token_data(self, resource_server: str) -> bool:
        """Forgets nothing: an account is deleted as a whole, by its user."""
        return False
