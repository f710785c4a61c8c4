"""Older versions of a row, kept in the row itself, by the names that eScriptorium has for them."""

import uuid
from datetime import datetime, timezone

from django.db import models

KEPT = 20


class NoChangeException(Exception):
    """The newest older version says the same."""


class Versioned(models.Model):
    revision = models.UUIDField(default=uuid.uuid4, editable=False)
    version_source = models.CharField(editable=False, max_length=128, default="eScriptorium")
    version_author = models.CharField(editable=False, max_length=128)
    version_created_at = models.DateTimeField(editable=False, auto_now_add=True)
    version_updated_at = models.DateTimeField(editable=False, auto_now=True)
    versions = models.JSONField(editable=False, default=list)
    version_ignore_fields = ()

    class Meta:
        abstract = True

    def new_version(self):
        passed = ("id", "revision", "versions", *self.version_ignore_fields)
        names = [field.name for field in self._meta.fields if not field.name.startswith("version_")]
        data = {name: getattr(self, name) for name in names if name not in passed}
        if self.versions and self.versions[0]["data"] == data and self.version_author == self.version_source:
            raise NoChangeException
        kept = {"revision": self.revision.hex, "source": self.version_source, "author": self.version_author}
        self.versions = [{**kept, "data": data}, *self.versions][:KEPT]
        self.revision, self.version_source = uuid.uuid4(), self.version_author
        self.version_created_at = datetime.now(timezone.utc)
