"""The few addresses of eScriptorium that signing in touches, and those of Armarius."""

import json

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


def home(_):
    return HttpResponse("home")


@login_required
def projects(request):
    return JsonResponse({"user": request.user.username, "pk": request.user.pk})


@csrf_exempt
def people(request):
    """What a test makes and sees: all accounts, after new ones were made; DELETE takes all away."""
    users = get_user_model().objects
    if request.method == "DELETE":
        users.all().delete()
        Group.objects.all().delete()
    for person in json.loads(request.body or "[]"):
        users.create_user(**person)
    shown = [
        {
            "username": user.username,
            "email": user.email,
            "name": user.get_full_name(),
            "groups": sorted(user.groups.values_list("name", flat=True)),
        }
        for user in users.order_by("pk")
    ]
    return JsonResponse(shown, safe=False)


urlpatterns = [
    path("_people/", people),
    path("", home),
    path("", include("django.contrib.auth.urls")),
    path("projects/", projects, name="projects-list"),
    path("sign-in/", include("armarius.client.escriptorium.signin.urls")),
    path("account/", include("armarius.client.escriptorium.accounts.urls")),
]
