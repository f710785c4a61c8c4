"""Who asks for something, whether they may, and how they are told."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth import get_user_model

from armarius.functions.contracts import BadInput


class NotAllowed(BadInput):
    """This user may not train models here."""


class QuotaUsedUp(BadInput):
    """The user's quota of this week is used up."""


def find_user(pk: int | None) -> Any:
    """Returns a user of eScriptorium, or None."""
    return get_user_model().objects.filter(pk=pk).first() if pk is not None else None


def names(pks: Collection[int]) -> dict[int, str]:
    """Returns the names of some users; those that are gone are left out."""
    users = get_user_model().objects.filter(pk__in=list(pks))
    return {user.pk: user.get_username() for user in users}


def belongs_to(user: Any, groups: tuple[str, ...]) -> bool:
    """Tells whether a user is in one of some teams."""
    return bool(groups) and user is not None and bool(user.groups.filter(name__in=groups).exists())


def check_may_train(user: Any) -> None:
    """Refuses whom eScriptorium shows no button: a program can press it all the same.

    Raises:
        NotAllowed: They have not the permission.
    """
    if user is not None and not user.has_perm("core.can_train"):
        raise NotAllowed(
            "You have not the permission to train models.",
            'Ask the administrators of this eScriptorium for "Can train models".',
        )


def check_quotas(user: Any) -> None:
    """Refuses what would go beyond a quota, before an allocation is spent.

    Raises:
        QuotaUsedUp: One of them is used up.
    """
    _check(user, _QUOTAS)


def check_minutes(user: Any) -> None:
    """Refuses what would go beyond the minutes of a user; it takes no room on a disk.

    Raises:
        QuotaUsedUp: Those of CPUs or GPUs are used up.
    """
    _check(user, _QUOTAS[:2])


def _check(user: Any, quotas: Sequence[tuple[str, str, str]]) -> None:
    if user is None or getattr(settings, "DISABLE_QUOTAS", True):
        return
    for limit, free, what in quotas:
        if getattr(user, limit)() is not None and not getattr(user, free)():
            raise QuotaUsedUp(
                f"Your {what} used up.", "Wait until next week, make room, or ask the administrators for more."
            )


_QUOTAS = (
    ("cpu_minutes_limit", "has_free_cpu_minutes", "CPU minutes of this week are"),
    ("gpu_minutes_limit", "has_free_gpu_minutes", "GPU minutes of this week are"),
    ("disk_storage_limit", "has_free_disk_storage", "disk storage is"),
)


def notify(
    user: Any,
    message: str,
    *,
    id_: str,
    level: Literal["info", "success", "warning", "danger"],
    links: list[dict[str, str]] | None = None,
) -> None:
    """Shows a message to a user, wherever they are in eScriptorium."""
    if user is not None:
        user.notify(message, id=id_, level=level, links=links or [])
