"""What a local cloud is told before it starts: who exists, what is stored where, and how strict it is."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

COMPUTE_SDK_CLIENT = "4cf29807-cf21-49ec-9443-ff9a3fb9f81c"
"""The native application as which the Compute SDK signs people in."""


class _Model(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Client(_Model):
    """An application registered with Globus Auth.

    Attributes:
        secret: Of a confidential application (client credentials); None for a native one, in which people sign in.
    """

    secret: str | None = None


class Identity(_Model):
    """A person, or an application seen as a person.

    Attributes:
        username: As Globus shows it, ``name@domain``.
        name: For people to read.
        email: Where mail would go.
        email_verified: What Auth says of that; None: nothing, as the real one.
        service: Whether it is an application, which nobody can sign in as.
    """

    username: str
    name: str
    email: str = "nobody@localhost"
    email_verified: bool | None = None
    service: bool = False


class Group(_Model):
    """A Globus group.

    Attributes:
        name: For people to read.
        members: Identity id to role (``member``, ``manager``, ``admin``).
    """

    name: str
    members: dict[str, str] = Field(default_factory=dict)


class Collection(_Model):
    """A collection of Globus Transfer: here, a folder of this machine.

    Attributes:
        name: For people to read.
        root: The folder; what the collection calls ``/``.
    """

    name: str
    root: Path


class Limits(_Model):
    """The limits of the real services. Times in seconds, sizes in bytes.

    Attributes:
        payload: Largest submission to Compute.
        rate_limited: Whether requests to Compute are counted against the next two.
        requests: So many of one identity ...
        window: ... in this time.
        start_patience: How long a submission waits until its user endpoint runs, as the real service does. By then it
            is refused if that could not start (422) or has not reported (409); so is one that comes while another
            waits (409). 0: submissions do not wait, and tasks fail when their user endpoint does.
        result_life: How long after its completion a result is kept.
        expired_tasks_known: What becomes of a task whose result has expired: False, nobody knows it any more (404);
            True, it is told as ended, with a ``reason`` instead of a result. The SDK is ready for both, and which of
            them the real service does could not be established.
        active_transfers: Transfers of one identity that run at once.
        pending_transfers: Transfers of one identity that run or wait.
        copy_attempts: How often a file whose checksum is wrong is copied before the transfer fails.
        retry_pause: Before Transfer tries again what was refused.
    """

    payload: int = 10 * 1024 * 1024
    rate_limited: bool = False
    requests: int = 20
    window: float = 10.0
    start_patience: float = 30.0
    result_life: float = 30 * 60.0
    expired_tasks_known: bool = False
    active_transfers: int = 3
    pending_transfers: int = 100
    copy_attempts: int = 5
    retry_pause: float = 1.0


class CloudConfig(_Model):
    """The whole configuration of a local cloud.

    Attributes:
        amqp_url: Where the broker listens.
        state: Folder of the database and of the signing key.
        identity_provider: Id of the one provider of identities.
        clients: Applications, by id.
        identities: People and applications, by id.
        groups: By id.
        collections: By id. More can be added while the cloud runs.
        token_life: Of an access token, in seconds. 48 hours in the real service.
        missed_heartbeats: An endpoint is offline when so many of its heartbeats are late.
        limits: See there.
    """

    amqp_url: str
    state: Path
    identity_provider: str = "4b7f1e4c-94dd-52f8-902f-951cc0b06409"
    clients: dict[str, Client] = Field(default_factory=lambda: {COMPUTE_SDK_CLIENT: Client()})
    identities: dict[str, Identity] = Field(default_factory=dict)
    groups: dict[str, Group] = Field(default_factory=dict)
    collections: dict[str, Collection] = Field(default_factory=dict)
    token_life: float = 48 * 3600.0
    missed_heartbeats: float = 2.5
    limits: Limits = Field(default_factory=Limits)
