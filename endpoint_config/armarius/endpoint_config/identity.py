"""Who works on the site when a client asks for something: one service account, or everybody's own."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from armarius.client.config.text import Email, Line, Name
from armarius.functions.contracts import Contract

GlobusName = Annotated[str, StringConstraints(pattern=r"^[^\s\"\\]{3,200}\z")]
"""A Globus username, such as "jo@uni.example"."""

DATA_TYPE = "expression_identity_mapping#1.0.0"


class ServiceAccount(Contract):
    """All runs belong to one account, that of the endpoint. Only its own Globus identity may ask for anything.

    Attributes:
        account: The account, for the systemd unit of a machine's administrator.
    """

    kind: Literal["service"] = "service"
    account: Name | None = None


class Expression(Contract):
    """A rule from Globus identities to local accounts, in the words of Globus' identity mapping.

    Attributes:
        source: What of the identity is looked at.
        match: The expression that it must match as a whole.
        output: The account; "{0}" stands for the first group. It may then be any account of the machine that the group
            can name, also one of the system, such as "slurm" or "daemon": the expression must not let these through.
        ignore_case: Whether capitals do not matter.
    """

    source: Literal["{username}", "{id}", "{email}"] = "{username}"
    match: Line
    output: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._{}-]{1,64}\z")]
    ignore_case: bool = False


class MappedAccounts(Contract):
    """Everybody's runs belong to their own account. The endpoint needs root, to become them.

    Attributes:
        contact: Whom Globus tells people to write to; Globus Compute demands it.
        accounts: Local accounts by Globus username, taken literally.
        mappings: Further rules, for many people at once.
    """

    kind: Literal["mapped"]
    contact: Email
    accounts: dict[GlobusName, Name] = Field(default_factory=dict)
    mappings: tuple[Expression, ...] = ()

    @model_validator(mode="after")
    def _somebody(self) -> "MappedAccounts":
        if not self.accounts and not self.mappings:
            raise ValueError("nobody is mapped: give accounts or mappings")
        if "root" in (*self.accounts.values(), *(rule.output for rule in self.mappings)):
            raise ValueError("nobody may be mapped to root")
        return self

    def document(self) -> list[dict[str, Any]]:
        """Returns the identity mapping as Globus Compute reads it: single accounts first, then the rules."""
        literal = [
            {"source": "{username}", "match": who, "output": account, "literal": True}
            for who, account in sorted(self.accounts.items())
        ]
        rules = [rule.model_dump(mode="json") for rule in self.mappings]
        return [{"DATA_TYPE": DATA_TYPE, "mappings": literal + rules}]


Identity = Annotated[ServiceAccount | MappedAccounts, Field(discriminator="kind")]
