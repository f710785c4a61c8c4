"""The page on which users connect their account on clusters, and take it back."""

# mypy: disable-error-code=untyped-decorator
# Django has no types here.

import secrets
import time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from armarius.client.escriptorium.accounts import application
from armarius.client.escriptorium.accounts.book import opened_accounts
from armarius.client.escriptorium.record.sealing import CannotOpen, Seal
from armarius.functions.contracts import ArmariusError

_SESSION = "armarius-account"
PAGE = "armarius-account:show"


@never_cache
@login_required
@require_GET
def show(request: Any) -> Any:
    """Shows which account is connected."""
    with opened_accounts() as book:
        account = book.find(request.user.pk)
    return render(request, "armarius/account.html", {"account": account})


@never_cache
@login_required
@require_POST
def connect(request: Any) -> Any:
    """Sends the user to Globus. What only this session knows stays here until they come back."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    try:
        Seal.from_environment()
        page = application.ask(_redirect(request), state, verifier)
    except ArmariusError as error:
        return _told(request, error)
    request.session[_SESSION] = {"state": state, "verifier": verifier}
    return redirect(page)


@never_cache
@login_required
@require_GET
def back(request: Any) -> Any:
    """Takes what the user brings back from Globus, once, in the session that asked for it."""
    begun = request.session.pop(_SESSION, None)
    if begun is None or not constant_time_compare(begun["state"], request.GET.get("state", "")):
        messages.error(request, "This is not what was begun here. Connect again.")
        return redirect(PAGE)
    if "code" not in request.GET:
        messages.warning(request, "Nothing was connected.")
        return redirect(PAGE)
    try:
        seal = Seal.from_environment()
        lent = application.take(_redirect(request), begun["verifier"], request.GET["code"])
        _forget(request.user.pk, seal)
        with opened_accounts() as book:
            sealed = seal.close(request.user.pk, lent.tokens)
            book.connect(request.user.pk, lent.identity, lent.username, sealed, time.time())
    except ArmariusError as error:
        return _told(request, error)
    messages.success(request, f"Connected: {lent.username}.")
    return redirect(PAGE)


@never_cache
@login_required
@require_POST
def disconnect(request: Any) -> Any:
    """Revokes the tokens at Globus, and deletes them here."""
    try:
        if _forget(request.user.pk, Seal.from_environment()):
            messages.success(request, "Disconnected: what you had granted is revoked and deleted.")
        else:
            messages.warning(
                request,
                "Disconnected: what you had granted is deleted here, but Globus did not hear of it. Revoke it there: "
                "https://auth.globus.org/v2/web/consents",
            )
    except ArmariusError as error:
        return _told(request, error)
    return redirect(PAGE)


def _forget(user: int, seal: Seal) -> bool:
    """Deletes an account, if there is one, even if Globus cannot be told. Returns whether it was."""
    with opened_accounts() as book:
        row = book.find(user)
        if row is None:
            return True
        book.forget(user)  # first: whatever happens, nothing can be done with it any more
    try:
        return application.revoke(seal.open(user, row.sealed))
    except CannotOpen:
        return False


def _redirect(request: Any) -> str:
    return str(request.build_absolute_uri(reverse("armarius-account:back")))


def _told(request: Any, error: ArmariusError) -> Any:
    messages.error(request, str(error))
    return redirect(PAGE)
