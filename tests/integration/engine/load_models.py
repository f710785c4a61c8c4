"""Runs in kraken's environment: loads model files as anybody would and prints what they say of themselves."""

import json
import sys

from kraken.models import load_models


def main(paths: list[str]) -> None:
    found = []
    for path in paths:
        (net,) = load_models(path, tasks=["recognition"])
        found.append(
            {
                "characters": "".join(sorted(net.codec.c2l)),
                "metrics": net.user_metadata["metrics"],
                "armarius": net.user_metadata["armarius"],
                "seg_type": net.seg_type,
                "legacy_polygons": net.use_legacy_polygons,
                "one_channel_mode": net.one_channel_mode,
            }
        )
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
