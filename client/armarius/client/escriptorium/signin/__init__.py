"""Signing in to eScriptorium with an institution's account: CAS, Globus Auth, any OpenID Connect.

Each way is a function that an admin calls in the settings; django-cas-ng and social-auth-app-django do the work. What
is decided here is who may come in: nobody takes over an account that is there already, unless the admin says how.
"""

from armarius.client.escriptorium.signin.cas import cas
from armarius.client.escriptorium.signin.oidc import globus, oidc

__all__ = ["cas", "globus", "oidc"]
