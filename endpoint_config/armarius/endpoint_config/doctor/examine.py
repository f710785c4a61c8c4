"""All examinations in order. One that fails is a finding, and the others go on."""

from collections.abc import Callable, Collection, Iterator

from armarius.endpoint_config.doctor import (
    clock,
    collection,
    environments,
    files,
    gpus,
    permissions,
    registration,
    scheduler,
    storage,
)
from armarius.endpoint_config.doctor.check import Check, problem
from armarius.endpoint_config.doctor.context import Context
from armarius.functions.contracts import ArmariusError

Examination = Callable[[Context], Iterator[Check]]

THEMES: dict[str, tuple[Examination, ...]] = {
    files.THEME: (files.rendered_files, files.readable_by_globus),
    environments.THEME: (environments.endpoint_environment, environments.kraken_environment),
    scheduler.THEME: (
        scheduler.answers,
        scheduler.takes_every_shape,
        scheduler.starts_a_job,
        scheduler.fits_the_machine,
    ),
    storage.THEME: (storage.root_writable, storage.room, storage.from_a_node),
    gpus.THEME: (gpus.seen,),
    permissions.THEME: (permissions.not_changed_by_others, permissions.secrets_kept),
    clock.THEME: (clock.skew,),
    collection.THEME: (collection.same_file,),
    registration.THEME: (
        registration.functions,
        registration.running,
        registration.online,
        registration.site_file,
    ),
}
"""What can be examined, by theme."""


def examine(context: Context, themes: Collection[str] = ()) -> Iterator[Check]:
    """Examines a site, and yields each finding as it is made.

    Args:
        context: The site, and the ways to it.
        themes: Only these; by default all.
    """
    for theme, examinations in THEMES.items():
        if not themes or theme in themes:
            for examination in examinations:
                yield from _guarded(theme, examination, context)


def _guarded(theme: str, examination: Examination, context: Context) -> Iterator[Check]:
    try:
        yield from examination(context)
    except ArmariusError as error:
        yield problem(theme, error.message, error.hint or "Mend that, then examine again.")
    except Exception as error:  # one broken examination must not hide the others
        what = examination.__name__.replace("_", " ")
        yield problem(theme, f"Could not examine ({what}): {type(error).__name__}: {error}", "Tell the developers.")
