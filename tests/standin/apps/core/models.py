import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.validators import FileExtensionValidator
from django.db import models
from django.utils.text import slugify
from versioning.models import Versioned

from core import tasks  # noqa: F401 - eScriptorium's models import its tasks


class CascadeUpdate:
    """Whoever saves a part of something saves the whole, unless told not to."""

    disabled = False

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        if not CascadeUpdate.disabled:
            getattr(self, self.cascade_to).save()

    @staticmethod
    @contextmanager
    def bypass():
        CascadeUpdate.disabled = True
        try:
            yield
        finally:
            CascadeUpdate.disabled = False


class Ordered(models.Model):
    """Comes after its siblings, unless it is given a place."""

    order = models.PositiveIntegerField(default=None)
    external_id = models.CharField(max_length=128, blank=True, null=True)

    class Meta:
        abstract = True
        ordering = ("order",)

    def save(self, *args, **kwargs):
        if self.order is None:
            siblings = type(self).objects.filter(document_part=self.document_part)
            self.order = siblings.count()
        if self.external_id is None:
            self.external_id = f"eSc_{self.kind}_{str(uuid.uuid4())[:8]}"
        super().save(*args, **kwargs)


class Typology(models.Model):
    name = models.CharField(max_length=128)

    class Meta:
        abstract = True


class BlockType(Typology):
    pass


class LineType(Typology):
    pass


class Script(models.Model):
    name = models.CharField(max_length=128)
    text_direction = models.CharField(max_length=64, default="horizontal-lr")


class Project(models.Model):
    name = models.CharField(max_length=512)
    slug = models.SlugField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)


class DocumentTag(models.Model):
    name = models.CharField(max_length=100)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="document_tags")


class Document(models.Model):
    LINE_OFFSET_BASELINE, LINE_OFFSET_TOPLINE, LINE_OFFSET_CENTERLINE = range(3)
    name = models.CharField(max_length=512)
    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="documents")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    main_script = models.ForeignKey(Script, null=True, blank=True, on_delete=models.SET_NULL)
    read_direction = models.CharField(max_length=3, default="ltr")
    line_offset = models.PositiveSmallIntegerField(default=0)
    tags = models.ManyToManyField(DocumentTag, blank=True, related_name="documents")
    valid_block_types = models.ManyToManyField(BlockType, blank=True)
    valid_line_types = models.ManyToManyField(LineType, blank=True)
    updated_at = models.DateTimeField(auto_now=True)


class DocumentPart(CascadeUpdate, models.Model):
    name = models.CharField(max_length=512, blank=True)
    image = models.FileField(upload_to="documents")
    original_filename = models.CharField(max_length=1024, blank=True)
    image_file_size = models.BigIntegerField(default=0)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="parts")
    order = models.PositiveIntegerField(default=0)
    workflow_state = models.PositiveSmallIntegerField(default=2)
    transcription_progress = models.PositiveSmallIntegerField(default=0)
    max_avg_confidence = models.FloatField(null=True, blank=True)
    cascade_to = "document"

    def calculate_progress(self):
        texts = LineTranscription.objects.filter(line__document_part=self).count()
        lines = self.lines.count()
        self.transcription_progress = min(100, 100 * texts // lines) if lines else 0

    def recalculate_ordering(self, read_direction=None):
        """From top to bottom; of the same height, in the direction of reading."""
        sign = -1 if (read_direction or self.document.read_direction) == "rtl" else 1
        lines = sorted(self.lines.all(), key=lambda line: (line.baseline[0][1], sign * line.baseline[0][0]))
        for place, line in enumerate(lines):
            line.order = place
            line.save()


class Block(CascadeUpdate, Ordered):
    box = models.JSONField()
    typology = models.ForeignKey(BlockType, null=True, blank=True, on_delete=models.SET_NULL)
    document_part = models.ForeignKey(DocumentPart, on_delete=models.CASCADE, related_name="blocks")
    cascade_to, kind = "document_part", "textblock"


class Line(CascadeUpdate, Ordered):
    mask = models.JSONField(null=True, blank=True)
    baseline = models.JSONField(null=True, blank=True)
    document_part = models.ForeignKey(DocumentPart, on_delete=models.CASCADE, related_name="lines")
    block = models.ForeignKey(Block, null=True, blank=True, on_delete=models.SET_NULL, related_name="lines")
    typology = models.ForeignKey(LineType, null=True, blank=True, on_delete=models.SET_NULL)
    cascade_to, kind = "document_part", "line"


class Transcription(models.Model):
    name = models.CharField(max_length=512)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="transcriptions")
    avg_confidence = models.FloatField(null=True, blank=True)


class LineTranscription(CascadeUpdate, Versioned):
    transcription = models.ForeignKey(Transcription, on_delete=models.CASCADE)
    content = models.CharField(blank=True, default="", max_length=2048)
    graphs = models.JSONField(null=True, blank=True)
    avg_confidence = models.FloatField(null=True, blank=True)
    line = models.ForeignKey(Line, null=True, on_delete=models.CASCADE, related_name="transcriptions")
    version_ignore_fields = ("line", "transcription")
    cascade_to = "line"

    class Meta:
        unique_together = ("line", "transcription")


class VirtualCollection(models.Model):
    name = models.CharField(max_length=512)


class VirtualCollectionItem(models.Model):
    collection = models.ForeignKey(VirtualCollection, on_delete=models.CASCADE)
    document_part = models.ForeignKey(DocumentPart, on_delete=models.CASCADE)
    transcription_layer = models.ForeignKey(Transcription, null=True, on_delete=models.SET_NULL)


def models_path(instance, filename):
    given = Path(filename)
    return f"models/{str(uuid.uuid4())[:8]}/{slugify(given.stem)}{given.suffix}"


class OcrModel(models.Model):
    MODEL_JOB_SEGMENT, MODEL_JOB_RECOGNIZE = 1, 2
    name = models.CharField(max_length=256)
    file = models.FileField(upload_to=models_path, null=True, validators=[FileExtensionValidator(["mlmodel"])])
    file_size = models.BigIntegerField(default=0)
    job = models.PositiveSmallIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    training = models.BooleanField(default=False)
    training_epoch = models.PositiveSmallIntegerField(default=0)
    training_accuracy = models.FloatField(default=0.0)
    training_total = models.IntegerField(default=0)
    training_errors = models.IntegerField(default=0)
    documents = models.ManyToManyField(Document, through="core.OcrModelDocument", related_name="ocr_models")
    parent = models.ForeignKey("self", blank=True, null=True, on_delete=models.SET_NULL)
    revision = models.UUIDField(default=uuid.uuid4)
    versions = models.JSONField(default=list)

    class Meta:
        permissions = (("can_train", "Can train models"),)

    def new_version(self, **kwargs):
        data = {"training_epoch": self.training_epoch, "training_accuracy": self.training_accuracy, **kwargs}
        created = datetime.now(timezone.utc).isoformat()
        self.versions.insert(0, {"revision": self.revision.hex, "created_at": created, "data": data})
        self.revision = uuid.uuid4()

    def clone_for_training(self, owner, name):
        model = OcrModel.objects.create(
            owner=owner, name=name, job=self.job, parent=self, versions=[], file_size=self.file.size
        )
        with self.file.open() as source:
            model.file.save(f"{name}.mlmodel", File(source))
        return model

    def cancel_training(self, revoke_task=True, username=None):
        if revoke_task:
            report = self.reports.last()
            if not report or not report.task_id or report.workflow_state in (2, 3, 4):
                raise ValueError("Couldn't find the training task.")
            report.cancel(username)
        self.training = False
        self.save()


class OcrModelDocument(models.Model):
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="ocr_model_documents")
    ocr_model = models.ForeignKey(OcrModel, on_delete=models.CASCADE, related_name="ocr_model_documents")
    trained_on = models.DateTimeField(null=True, blank=True)
