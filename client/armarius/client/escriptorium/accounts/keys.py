"""Lending the accounts that users have connected to the driver of their trainings, by name."""

from threading import Lock
from typing import Any

from globus_sdk import GlobusAppConfig
from globus_sdk.gare import GlobusAuthorizationParameters
from globus_sdk.login_flows import LoginFlowManager

from armarius.client.adapters.globus.app import APP_NAME, PersonApp
from armarius.client.errors import AccountNeeded
from armarius.client.escriptorium.accounts.application import SCOPES, LoginClient, client_id
from armarius.client.escriptorium.accounts.names import user_of
from armarius.client.escriptorium.accounts.tokens import SealedTokens
from armarius.client.escriptorium.record.accounts import AccountBook
from armarius.client.escriptorium.record.sealing import CannotOpen, Seal
from armarius.client.escriptorium.record.tables import AccountRow

TAKEN_BACK = "Globus does not accept it any more: the consent was taken back, or has run out."
ASKED = "Globus asks for a new sign-in."


class LentKeys:
    """Fulfils ``Keys`` with what users have connected. Safe in threads.

    Args:
        book: Where accounts are written down.
        seal: Decrypts their tokens.
    """

    def __init__(self, book: AccountBook, seal: Seal) -> None:
        self._book = book
        self._seal = seal
        self._apps: dict[str, tuple[str, PersonApp]] = {}
        self._making = Lock()

    def stamp(self, identity: str) -> str | None:
        """Returns what changes when a user connects anew; None where nothing is connected that can be used."""
        row = self._find(identity)
        return row.stamp if row is not None and not row.broken else None

    def app(self, identity: str) -> PersonApp:
        """Returns what signs requests under a user's identity, always the same until they connect anew.

        Raises:
            AccountNeeded: They have connected none, or it cannot be used any more.
        """
        with self._making:
            row = self._find(identity)
            if row is None or row.broken:
                self._apps.pop(identity, None)
                raise AccountNeeded(
                    f"The account of {identity} is not connected. {row.broken if row else ''}".strip(),
                    "Its owner connects it (again).",
                )
            known = self._apps.get(identity)
            if known is None or known[0] != row.stamp:
                known = self._apps[identity] = (row.stamp, self._make(row))
            return known[1]

    def close(self) -> None:
        """Closes connections."""
        with self._making:
            for _, app in self._apps.values():
                app.close()
            self._apps.clear()

    def _find(self, identity: str) -> AccountRow | None:
        user = user_of(identity)
        return None if user is None else self._book.find(user)

    def _make(self, row: AccountRow) -> PersonApp:
        def break_(why: str) -> None:
            self._book.break_(row.user, row.stamp, why)

        def refused(app: object, error: Exception) -> None:
            break_(ASKED)
            raise AccountNeeded(ASKED, "Its owner connects it again.") from error

        try:
            storage = SealedTokens(self._book, self._seal, row)
        except CannotOpen as error:
            break_("Its tokens cannot be decrypted any more.")
            raise AccountNeeded(error.message, error.hint) from error
        login = LoginClient(client_id(), lambda: break_(TAKEN_BACK))
        config = GlobusAppConfig(
            token_storage=storage,
            request_refresh_tokens=True,
            login_flow_manager=_Nobody(login, break_),
            token_validation_error_handler=refused,
        )
        return PersonApp(APP_NAME, login_client=login, config=config, scope_requirements=SCOPES)


class _Nobody(LoginFlowManager):
    """Refuses to ask: the user is not there."""

    def __init__(self, login: LoginClient, break_: Any) -> None:
        super().__init__(login)
        self._break = break_

    def run_login_flow(self, auth_parameters: GlobusAuthorizationParameters) -> Any:
        self._break(auth_parameters.session_message or ASKED)
        raise AccountNeeded(auth_parameters.session_message or ASKED, "Its owner connects it again.")
