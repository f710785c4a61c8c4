"""Rules about what a site offers."""

from uuid import UUID

import pytest

from armarius.client.config import DataRules, GlobusSiteConfig, LocalSiteConfig
from armarius.client.jobs.request import JobKind
from armarius.client.placement.rules import forbidden
from armarius.functions.contracts import Blob, PageParameters
from support.desk import SMALL
from support.jobs import request

ID = UUID(int=1)
READER = Blob(sha256="a" * 64, size=1)


def far(*functions: str) -> GlobusSiteConfig:
    """A cluster that has registered some functions."""
    return GlobusSiteConfig.model_validate(
        {
            "name": "far",
            "endpoint": ID,
            "data": {"collection": ID, "root": "/data"},
            "functions": {name: {"id": ID, "sha256": "0" * 64} for name in functions},
            "shapes": [SMALL.model_dump()],
        }
    )


@pytest.mark.parametrize("kind", [JobKind.SEGMENT, JobKind.TRANSCRIBE])
def test_pages_go_only_where_somebody_does_them(kind: JobKind, tmp_path: object) -> None:
    wanted = request(kind, pages=PageParameters(), model=READER if kind is JobKind.TRANSCRIBE else None)
    said = forbidden(wanted, far("train", "calibrate", "evaluate"), DataRules())
    assert said == f"does not offer to {kind.value} yet (its operator registers again: armarius endpoint register)"
    assert forbidden(wanted, far("train", "segment", "transcribe"), DataRules()) == ""
    here = LocalSiteConfig(name="here", root=str(tmp_path), kraken_python="python", shapes=(SMALL,))
    assert forbidden(wanted, here, DataRules()) == ""
    assert forbidden(request(), far("train", "calibrate"), DataRules()) == ""
