"""To be included below "account/": connecting an account on clusters."""

from django.urls import path

from armarius.client.escriptorium.accounts import views

app_name = "armarius-account"
urlpatterns = [
    path("", views.show, name="show"),
    path("connect/", views.connect, name="connect"),
    path("back/", views.back, name="back"),
    path("disconnect/", views.disconnect, name="disconnect"),
]
