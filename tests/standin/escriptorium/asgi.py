"""The stand-in's pages for a real server, with its static files."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escriptorium.settings")

application = ASGIStaticFilesHandler(get_asgi_application())
