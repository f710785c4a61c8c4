import pytest
import requests
from globus_sdk import GlobusConnectionError

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.errors import SignInNeeded, SiteUnreachable
from armarius.client.journal import TransferStage
from armarius.client.ports import Parcel

from .transfer_bench import Bench, refusal
from .under_way import DONE, FAILED, IN, stage, under_way


@pytest.mark.parametrize(
    "error",
    [
        refusal(502, "BadGateway"),
        refusal(503, "ServiceUnavailable"),
        refusal(429, "TooManyRequests"),
        refusal(502, "ExternalError.DirListingFailed"),
        refusal(409, "TooManyPendingJobs"),
        GlobusConnectionError("no", requests.ConnectionError("refused")),
    ],
    ids=lambda error: type(error).__name__ + str(getattr(error, "http_status", "")),
)
@pytest.mark.parametrize("call", range(3))
def test_what_cannot_be_reached_loses_nothing(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], error: Exception, call: int
) -> None:
    staging.send(IN, pages)
    # The first look makes three calls: for a submission id, the handing over, the state. One of them fails.
    passing = iter(range(10))
    raising = made.service._called

    def called(name: str) -> None:
        raising(name)
        if next(passing) == call:
            raise error

    made.service._called = called
    with pytest.raises(SiteUnreachable):
        made.look(staging, IN)
    calls = len(made.service.calls)
    with pytest.raises(SiteUnreachable, match="tried again"):
        staging.status(IN)
    assert len(made.service.calls) == calls, "it is left alone for a while"
    assert made.settle(staging, IN).state is DONE
    assert len(made.service.tasks) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal(401, "AuthenticationFailed"), "armarius login"),
        (refusal(403, "ConsentRequired", required_scopes=["urn:x"]), f"--data-access {'2' * 8}"),
        (refusal(403, "Nope", authorization_parameters={"session_message": "Use your work account."}), "work account"),
    ],
)
def test_a_missing_sign_in_is_waited_for(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], error: Exception, said: str
) -> None:
    staging.send(IN, pages)
    made.service.errors = [error]
    with pytest.raises(SignInNeeded, match=said):
        made.look(staging, IN)
    assert made.settle(staging, IN).state is DONE


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal(404, "EndpointNotFound", "No such endpoint 'x'"), "in its site file"),
        (refusal(403, "PermissionDenied"), "Let this identity read and write /scratch/armarius"),
        (refusal(400, "ClientError.BadRequest", "bad path"), "bad path (HTTP 400, ClientError.BadRequest)"),
    ],
)
def test_a_refusal_ends_it_with_the_reason(
    made: Bench, staging: GlobusStaging, pages: list[Parcel], error: Exception, said: str
) -> None:
    staging.send(IN, pages)
    made.service.errors = [error]
    view = made.look(staging, IN)
    assert (view.state, view.transient) == (FAILED, False)
    assert said in view.error
    assert made.left_over() == []


def test_a_site_that_does_not_answer_unpacks_later(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.move()
    made.compute.reachable = False
    with pytest.raises(SiteUnreachable):
        made.look(staging, IN)
    assert stage(made) is TransferStage.ARRIVED
    made.compute.reachable = True
    assert made.look(staging, IN).state is DONE


def test_a_site_that_refuses_an_archive_is_heard(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.move()
    (archive,) = (made.site.root / "inbox").glob("*.zip")
    archive.write_bytes(b"something else")
    view = made.look(staging, IN)
    assert view.state is FAILED
    assert "refuses the archive job1-1-in-1-1: it was damaged" in view.error
    assert made.left_over() == []


def test_a_collection_that_leads_elsewhere_is_named(made: Bench, staging: GlobusStaging, pages: list[Parcel]) -> None:
    under_way(made, staging, pages)
    made.service.move()
    (archive,) = (made.site.root / "inbox").glob("*.zip")
    archive.unlink()
    view = made.look(staging, IN)
    assert view.state is FAILED
    assert "armarius endpoint doctor" in view.error
