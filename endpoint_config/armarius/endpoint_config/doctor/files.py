"""Do the endpoint's files say what the profile says?"""

from collections.abc import Iterator

from armarius.endpoint_config.doctor.check import Check, ok, problem
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.record import FunctionRecord
from armarius.endpoint_config.rendering import planned

THEME = "files"

_LOAD = """
import pathlib, sys
from globus_compute_endpoint.endpoint.config.utils import get_config
config = get_config(pathlib.Path(sys.argv[1]))
if config.identity_mapping_config_path:
    from globus_compute_endpoint.endpoint.identity_mapper import PosixIdentityMapper
    PosixIdentityMapper(config.identity_mapping_config_path, "")
"""


def rendered_files(context: Context) -> Iterator[Check]:
    """Compares every file with what the profile gives."""
    allowed = FunctionRecord.read(context.folder).allowed(context.profile.functions)
    plan = planned(context.profile, context.folder, allowed)
    there = {name: context.folder.path / name for name in plan}
    missing = [name for name, path in there.items() if not path.is_file()]
    other = [name for name, path in there.items() if path.is_file() and path.read_bytes() != plan[name].encode()]
    if missing:
        mend = "armarius endpoint render PROFILE"
        yield problem(THEME, f"{context.folder.path} lacks {', '.join(missing)}.", mend)
    if other:
        mend = "See what changed, then: armarius endpoint render PROFILE --force"
        yield problem(THEME, f"Not as the profile says: {', '.join(other)}.", mend)
    if not missing and not other:
        yield ok(THEME, f"All {len(plan)} files in {context.folder.path} are as the profile says.")


def readable_by_globus(context: Context) -> Iterator[Check]:
    """Lets Globus Compute itself read its configuration, with the identity mapping."""
    python = f"{context.profile.environment}/bin/python"
    done = context.run([python, "-c", _LOAD, str(context.folder.path)])
    if done.code:
        yield problem(THEME, f"Globus Compute cannot read its configuration: {done.last_words}", "Mend the profile.")
    else:
        yield ok(THEME, "Globus Compute can read its configuration.")
