"""People who sign in to the local cloud, without a browser."""

import re
import urllib.parse
import urllib.request

import globus_sdk
from globus_sdk.gare import GlobusAuthorizationParameters
from globus_sdk.login_flows import LoginFlowManager
from globus_sdk.token_storage import MemoryTokenStorage

from support.cloud import NATIVE_CLIENT, POOL, Person

_CODE = re.compile(r"<code>(.+)</code>")


class SignIn(LoginFlowManager):
    """Signs a certain person in, by following the link that bears their name on the cloud's page.

    Args:
        login_client: Of the application in which they sign in.
        person: Who.
    """

    def __init__(self, login_client: globus_sdk.NativeAppAuthClient, person: Person) -> None:
        super().__init__(login_client, request_refresh_tokens=True)
        self._client = login_client
        self._person = person
        self.count = 0

    def run_login_flow(self, auth_parameters: GlobusAuthorizationParameters) -> globus_sdk.OAuthTokenResponse:
        """Signs in once."""
        self.count += 1
        redirect = f"{self._client.base_url}v2/web/auth-code"
        page = f"{self._get_authorize_url(auth_parameters, redirect)}&as={urllib.parse.quote(self._person.id)}"
        with urllib.request.urlopen(page, timeout=30) as answer:
            code = _CODE.search(answer.read().decode())
        assert code is not None, page
        return self._client.oauth2_exchange_code_for_tokens(code[1])


def user_app(person: Person) -> tuple[globus_sdk.UserApp, SignIn]:
    """Returns an application in which a person signs in when needed, with refresh tokens, and what counts how often."""
    sign_in = SignIn(globus_sdk.NativeAppAuthClient(NATIVE_CLIENT), person)
    config = globus_sdk.GlobusAppConfig(
        login_flow_manager=sign_in, request_refresh_tokens=True, token_storage=MemoryTokenStorage()
    )
    return globus_sdk.UserApp("the tests", client_id=NATIVE_CLIENT, config=config), sign_in


def client_app(client: Person = POOL) -> globus_sdk.ClientApp:
    """Returns an application that signs in by its own secret."""
    config = globus_sdk.GlobusAppConfig(token_storage=MemoryTokenStorage())
    return globus_sdk.ClientApp("the tests", client_id=client.id, client_secret=client.secret, config=config)
