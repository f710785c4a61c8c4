"""What an admin may set: the dictionary ``ARMARIUS`` of Django's settings."""

import os
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from pydantic import Field, ValidationError

from armarius.client.accounts.names import AccountName
from armarius.client.config import HOME_VARIABLE, JOURNAL_VARIABLE, PoolConfig, read_config
from armarius.client.config.tags import Tag
from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.record.place import journal_in
from armarius.functions.contracts import MOST_PAGES, Contract, ModelFormat

RECOGNITION_TASKS = ("core.tasks.train", "core.tasks.train_from_collection")
SEGMENTATION_TASKS = ("core.tasks.segtrain", "core.tasks.segtrain_from_collection")
TASKS = (*RECOGNITION_TASKS, *SEGMENTATION_TASKS)

PageTask = Literal["core.tasks.segment", "core.tasks.transcribe"]
PAGE_TASKS: tuple[PageTask, ...] = ("core.tasks.segment", "core.tasks.transcribe")


class Options(Contract):
    """The settings, each in capitals there: ``ARMARIUS = {"HOME": "/srv/armarius"}``. All may be left out.

    Attributes:
        enabled: False lets every training run in eScriptorium's own body.
        home: Where datasets and results are kept; else what ``ARMARIUS_HOME`` says.
        journal: SQLAlchemy URL of the journal; else ``ARMARIUS_JOURNAL``, else eScriptorium's own PostgreSQL, in a
            schema of its own.
        tasks: Those whose bodies are replaced.
        page_tasks: Those of work on pages whose bodies are replaced; none unless the admin wants it.
        page_users: If any, nobody else's pages go to the pool.
        page_groups: Teams whose members' pages go to the pool, likewise.
        page_queues: If any, only pages whose task came by one of these queues do.
        pages_per_job: How many pages that are pressed together become one job at most.
        only_users: If any, nobody else's work goes to the pool.
        only_groups: Teams whose members' work goes to the pool, likewise.
        local_users: Whose work never does.
        local_groups: Likewise for teams.
        on_outage: What happens when nobody can take a training to the pool: it waits, or eScriptorium's own body runs.
        on_lost_account: What happens to a training whose user's own account cannot be used any more: it waits until
            they connect it again, or goes on under the pool's.
        drive: Whether a worker that takes trainings also drives them; else run ``armarius-escriptorium drive``.
        site: The one site to use; else the pool chooses.
        model_format: Which weights this eScriptorium reads; else it is found out.
        recognition: Parameters of recognition trainings that differ from the defaults.
        segmentation: The same for segmentations.
        calibration: Seconds of training to measure first.
        institutions: Whose somebody is, by the name of their team or by what follows the @ of their address.
        project_tags: Tags that a site must bear to get pages of a project, by its name or slug.
        document_tags: The same for pages of documents that bear a tag of eScriptorium, by its name.
    """

    enabled: bool = True
    home: Path | None = None
    journal: str | None = Field(default=None, repr=False)
    tasks: tuple[str, ...] = TASKS
    page_tasks: tuple[PageTask, ...] = ()
    page_users: tuple[str, ...] = ()
    page_groups: tuple[str, ...] = ()
    page_queues: tuple[str, ...] = ()
    pages_per_job: int = Field(default=200, ge=1, le=MOST_PAGES)
    only_users: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    local_users: tuple[str, ...] = ()
    local_groups: tuple[str, ...] = ()
    on_outage: Literal["wait", "local"] = "wait"
    on_lost_account: Literal["wait", "pool"] = "wait"
    drive: bool = True
    site: str | None = None
    model_format: ModelFormat | None = None
    recognition: dict[str, Any] = Field(default_factory=dict)
    segmentation: dict[str, Any] = Field(default_factory=dict)
    calibration: float = Field(default=60.0, ge=0)
    institutions: dict[str, AccountName] = Field(default_factory=dict)
    project_tags: dict[str, tuple[Tag, ...]] = Field(default_factory=dict)
    document_tags: dict[str, tuple[Tag, ...]] = Field(default_factory=dict)

    @property
    def replaced(self) -> tuple[str, ...]:
        """All tasks whose bodies are replaced."""
        return (*self.tasks, *self.page_tasks)


def options() -> Options:
    """Reads the settings.

    Raises:
        ConfigurationError: One of them cannot be used; the message names it.
    """
    given = {name.lower(): value for name, value in getattr(settings, "ARMARIUS", {}).items()}
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"settings.ARMARIUS: {place}: {first['msg']}") from error


def pool_config(chosen: Options | None = None) -> PoolConfig:
    """Reads the pool's configuration, with the journal where this eScriptorium's workers all see it.

    Raises:
        ConfigurationError: Something in it cannot be used.
    """
    chosen = chosen or options()
    if chosen.home is not None:
        os.environ[HOME_VARIABLE] = str(chosen.home)
    config = read_config()
    journal = chosen.journal or os.environ.get(JOURNAL_VARIABLE) or journal_in(settings.DATABASES["default"])
    return config.model_copy(update={"journal": journal}) if journal else config
