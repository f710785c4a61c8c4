"""The addresses of the pages, each with the doors that stand before it."""

from django.urls import path

from armarius.client.escriptorium.pages.doors import posted, signed_in, staff_only
from armarius.client.escriptorium.pages.pool import drain, pool, undrain
from armarius.client.escriptorium.pages.training import cancel, report, training
from armarius.client.escriptorium.pages.trainings import trainings
from armarius.client.escriptorium.pages.usage import usage

LIVE = {"live": True}

urlpatterns = [
    path("", signed_in(trainings), name="trainings"),
    path("live/", signed_in(trainings), LIVE, name="trainings-live"),
    path("trainings/<str:pk>/", signed_in(training), name="training"),
    path("trainings/<str:pk>/live/", signed_in(training), LIVE, name="training-live"),
    path("trainings/<str:pk>/report/", signed_in(report), name="report"),
    path("trainings/<str:pk>/cancel/", posted(signed_in(cancel)), name="cancel"),
    path("pool/", staff_only(pool), name="pool"),
    path("pool/live/", staff_only(pool), LIVE, name="pool-live"),
    path("usage/", staff_only(usage), name="usage"),
    path("pool/<str:site>/drain/", posted(staff_only(drain)), {"empties": False}, name="drain"),
    path("pool/<str:site>/empty/", posted(staff_only(drain)), {"empties": True}, name="empty"),
    path("pool/<str:site>/undrain/", posted(staff_only(undrain)), name="undrain"),
]
