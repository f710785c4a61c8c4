"""Settings by the names that eScriptorium's have; where things are, the test says by the environment."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "apps"))

SECRET_KEY = os.environ.get("STANDIN_SECRET_KEY", "of a test")
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
AUTH_USER_MODEL = "users.User"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "core",
    "reporting",
    "users",
    "armarius.client.escriptorium",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
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
ROOT_URLCONF = "escriptorium.urls_with_pages"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
LOGIN_URL = "login"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
DATABASES = {
    "default": json.loads(os.environ.get("STANDIN_DATABASE", "null"))
    or {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
}
MEDIA_ROOT = os.environ.get("STANDIN_MEDIA", "")

REDIS = os.environ.get("STANDIN_REDIS", "")
CELERY_BROKER_URL = REDIS or "memory://"
CELERY_RESULT_BACKEND = REDIS or "cache+memory://"
CELERY_ACCEPT_CONTENT = ["application/json"]
CELERY_TASK_TRACK_STARTED = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "core.tasks.train": {"queue": "gpu"},
    "core.tasks.segtrain": {"queue": "gpu"},
    "core.tasks.train_from_collection": {"queue": "gpu"},
    "core.tasks.segtrain_from_collection": {"queue": "gpu"},
}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS]}}
    if REDIS
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
MIGRATION_MODULES = {"auth": None, "contenttypes": None, "sessions": None}  # all tables are made at once
REPORTING_TASKS_BLACKLIST: list[str] = []
GPU_COST = "2.0"
DISABLE_QUOTAS = os.environ.get("STANDIN_QUOTAS") != "yes"
QUOTA_DISK_STORAGE = None
QUOTA_CPU_MINUTES = None
QUOTA_GPU_MINUTES = None

ARMARIUS = json.loads(os.environ.get("STANDIN_ARMARIUS", "{}"))
if os.environ.get("STANDIN_HOOKED") == "yes":
    from armarius.client.escriptorium.hooks import annotations

    CELERY_TASK_ANNOTATIONS = annotations({"core.tasks.segtrain": {"rate_limit": "100/s"}})
