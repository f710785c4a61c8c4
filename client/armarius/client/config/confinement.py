"""Where data may go: what a job says of its own, and what ``pool.toml`` says of those whose it is."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import Field

from armarius.client.accounts.names import Account, AccountName
from armarius.client.config.tags import Tag
from armarius.functions.contracts import Contract


class DataPolicy(Contract):
    """Where a person's data may go. It holds for every run of a job, wherever the one before was.

    Attributes:
        tags: Only to sites that bear all of these.
        sites: Only to these; empty for all.
    """

    tags: tuple[Tag, ...] = ()
    sites: tuple[str, ...] = ()


class Confined(Contract):
    """What the data of somebody asks of a site.

    Attributes:
        only_tags: It goes only to sites that bear all of these.
    """

    only_tags: Annotated[tuple[Tag, ...], Field(min_length=1)]


class DataRules(Contract):
    """Whose data is confined: a part of ``pool.toml``. Capitals do not matter in the names: a slip opens no door.

    Attributes:
        users: By the name of a user.
        projects: By the name of a project.
        institutions: By the name of an institution.
    """

    users: dict[AccountName, Confined] = Field(default_factory=dict)
    projects: dict[AccountName, Confined] = Field(default_factory=dict)
    institutions: dict[AccountName, Confined] = Field(default_factory=dict)

    def asked_by(self, account: Account, data_of: Iterable[str] = ()) -> Iterator[tuple[str, tuple[Tag, ...]]]:
        """Lists who asks something of the sites of a job, in words for people, and which tags.

        Args:
            account: Whose the job is.
            data_of: Further projects whose pages it computes with.
        """
        yield from _found("", self.users, (account.user,))
        yield from _found("the project ", self.projects, (account.project, *data_of))
        yield from _found("the institution ", self.institutions, (account.institution,))

    def tags_for(self, account: Account, data_of: Iterable[str] = ()) -> frozenset[Tag]:
        """Returns all tags that are asked for."""
        return frozenset(tag for _, tags in self.asked_by(account, data_of) for tag in tags)


def _found(called: str, rules: Mapping[str, Confined], names: Iterable[str]) -> Iterator[tuple[str, tuple[Tag, ...]]]:
    wanted = {name.casefold() for name in names if name}
    for name, confined in rules.items():
        if name.casefold() in wanted:
            yield f"{called}{name}", confined.only_tags
