"""A person signs in."""

import os
import re
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from armarius.client.adapters.globus.app import TOKEN_FILE
from support.cloud import CAROL, NATIVE_CLIENT
from support.federation import Federation

from .desk import QUIET

pytestmark = QUIET


def test_a_person_signs_in_and_out(made: Federation, tmp_path: Path) -> None:
    gone = ("GLOBUS_COMPUTE_CLIENT_ID", "GLOBUS_COMPUTE_CLIENT_SECRET")
    clean = {name: value for name, value in os.environ.items() if name not in gone}
    environment = clean | {"ARMARIUS_GLOBUS_CLIENT_ID": NATIVE_CLIENT, "ARMARIUS_HOME": str(tmp_path)}

    def armarius(command: str) -> "subprocess.Popen[str]":
        arguments = [sys.executable, "-m", "armarius.client.cli", command]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            arguments, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    with armarius("whoami") as asking:
        said, _ = asking.communicate(timeout=60)
    assert asking.returncode == 1
    assert "Sign in with: armarius login" in said

    with armarius("login") as signing_in:
        assert signing_in.stdout is not None
        link = next(line.strip() for line in signing_in.stdout if line.startswith("http"))
        page = urllib.request.urlopen(f"{link}&as={urllib.parse.quote(CAROL.id)}", timeout=30).read().decode()
        code = re.search("<code>(.+)</code>", page)
        assert code is not None
        said, _ = signing_in.communicate(f"{code[1]}\n", timeout=60)
    assert signing_in.returncode == 0, said
    assert f"Signed in as {CAROL.username}." in said
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600

    with armarius("whoami") as asking:
        said, _ = asking.communicate(timeout=60)
    assert said == f"{CAROL.username}\n{CAROL.id}\n"

    with armarius("logout") as leaving:
        said, _ = leaving.communicate(timeout=60)
    assert said == "Signed out.\n"
    with armarius("whoami") as asking:
        said, _ = asking.communicate(timeout=60)
    assert "Sign in with: armarius login" in said
