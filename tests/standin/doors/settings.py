"""Settings of an admin whose scholars sign in otherwise than by a password; which ways, the test says."""

import json
import os
from pathlib import Path

from escriptorium.settings import *  # noqa: F403
from escriptorium.settings import INSTALLED_APPS

from armarius.client.escriptorium.signin import cas, oidc

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "doors.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.sessions", "django.contrib.messages"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(Path(__file__).parent / "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "projects-list"
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "sessions", "django_cas_ng", "social_django"))

for way, options in json.loads(os.environ.get("STANDIN_DOORS", "{}")).items():
    {"cas": cas, "oidc": oidc}[way](globals(), **options)
