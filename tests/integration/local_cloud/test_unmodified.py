"""What these tests run is what PyPI distributes: no file of it was changed."""

import base64
import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from support.endpoint import endpoint_python, why_no_endpoint

SHARED = ("globus_sdk", "globus_compute_sdk", "globus_compute_common")
ENDPOINT = (*SHARED, "globus_compute_endpoint", "parsl")
PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


def site_packages(python: Path) -> Path:
    done = subprocess.run([python, "-c", PACKAGES], capture_output=True, text=True, check=True, timeout=60)
    return Path(done.stdout.strip())


def changed_files(packages: Path, name: str) -> list[str]:
    """Returns the files of a distribution that are not as its RECORD says, after checking that it lists any."""
    (record,) = packages.glob(f"{name}-*.dist-info/RECORD")
    with record.open(newline="") as file:
        recorded = [row for row in csv.reader(file) if row[1]]
    assert any(path.startswith(f"{name}/") for path, _, _ in recorded)
    return [path for path, wanted, _ in recorded if hash_of(packages / path) != wanted]


def hash_of(path: Path) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"


@pytest.mark.parametrize("name", SHARED)
def test_packages_here(name: str) -> None:
    assert changed_files(site_packages(Path(sys.executable)), name) == []


@pytest.mark.parametrize("name", ENDPOINT)
def test_packages_of_the_endpoint(name: str) -> None:
    if reason := why_no_endpoint():
        pytest.skip(reason)
    assert changed_files(site_packages(endpoint_python()), name) == []
