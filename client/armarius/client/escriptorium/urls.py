"""The addresses: ``path("armarius/", include("armarius.client.escriptorium.urls"))`` in a ROOT_URLCONF of one's own."""

from armarius.client.escriptorium.pages.urls import urlpatterns as pages

app_name = "armarius"
urlpatterns = [*pages]
