"""CAS's views, which come back to the sign-in page where somebody is not let in."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_cas_ng.views import LoginView


class Login(LoginView):  # type: ignore[misc]  # django-cas-ng has no types here
    """Asks CAS who this is."""

    def get(self, request: Any) -> Any:
        """Sends the browser to CAS, or takes the ticket with which it comes back."""
        wanted = request.GET.get("next", "")
        if wanted and not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            request.GET = QueryDict()  # the library would send people there, once they have signed in
        try:
            return super().get(request)
        except PermissionDenied:
            if not messages.get_messages(request):
                messages.error(request, "Your institution's sign-in did not confirm who you are. Try again.")
            return redirect("login")
