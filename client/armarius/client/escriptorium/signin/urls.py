"""To be included below "sign-in/": the addresses of those ways that the settings have."""

from django.conf import settings
from django.urls import include, path

urlpatterns = []

if "django_cas_ng" in settings.INSTALLED_APPS:
    from django_cas_ng.views import CallbackView, LogoutView

    from armarius.client.escriptorium.signin.casviews import Login

    urlpatterns += [
        path("cas/", Login.as_view(), name="cas_ng_login"),
        path("cas/leave/", LogoutView.as_view(), name="cas_ng_logout"),
        path("cas/callback/", CallbackView.as_view(), name="cas_ng_proxy_callback"),
    ]

if "social_django" in settings.INSTALLED_APPS:
    urlpatterns += [path("", include("social_django.urls", namespace="social"))]
