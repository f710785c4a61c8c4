"""Settings of an admin whose scholars sign in otherwise than by a password; which ways, the test says."""

import json
import os
from pathlib import Path

from escriptorium.settings import *  # noqa: F403
from escriptorium.settings import TEMPLATES

from armarius.client.escriptorium.signin import cas, oidc

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "doors.urls"
TEMPLATES = [{**TEMPLATES[0], "DIRS": [str(Path(__file__).parent / "templates")]}]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "projects-list"
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "sessions", "django_cas_ng", "social_django"))

for way, options in json.loads(os.environ.get("STANDIN_DOORS", "{}")).items():
    {"cas": cas, "oidc": oidc}[way](globals(), **options)
