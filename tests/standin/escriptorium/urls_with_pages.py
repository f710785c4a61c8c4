"""What an admin writes who wants our pages: docs/escriptorium.md."""

from django.urls import include, path

from escriptorium.urls import urlpatterns

urlpatterns = [path("armarius/", include("armarius.client.escriptorium.urls")), *urlpatterns]
