"""Pages by the names that eScriptorium's have, as far as ours refer to them."""

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import include, path


def page(request, **_):
    return HttpResponse(f"the stand-in's {request.path}")


urlpatterns = [
    path("", page, name="home"),
    path("", include("api.views")),
    path("login/", LoginView.as_view(next_page="home"), name="login"),
    path("models/", page, name="user-models"),
    path("document/<int:pk>/", page, name="document-detail"),
]
