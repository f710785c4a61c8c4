"""Does the collection show the site's root? A file is written here and looked for through Globus Transfer."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.doctor.node import MARK
from armarius.endpoint_config.doctor.people import not_as_root
from armarius.functions.contracts import ArmariusError

THEME = "collection"


@not_as_root(THEME)
def same_file(context: Context) -> Iterator[Check]:
    """Writes a file into the root and looks for it through the collection."""
    root, data = Path(context.profile.root).expanduser(), context.profile.data
    mine = root / f"{MARK}-{secrets.token_hex(8)}"
    try:
        mine.write_text("")
    except OSError as error:
        yield problem(THEME, f"{root} cannot be written, so that nothing can be looked for: {error}", "See storage.")
        return
    try:
        names = context.names(str(data.collection), data.root)
    except ArmariusError as error:
        yield warning(THEME, f"Not looked for through the collection: {error.message}", error.hint)
        return
    finally:
        mine.unlink(missing_ok=True)
    if mine.name in names:
        yield ok(THEME, f"The collection shows {root} as {data.root}.")
    else:
        mend = "data.root must be the site's root as the collection maps it: compare in the Globus web app."
        told = f"{data.root} of collection {data.collection} is another directory than {root}"
        yield problem(THEME, f"{told}: it shows {len(names)} names, and not the one just written.", mend)
