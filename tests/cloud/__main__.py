"""``python -m cloud --config cloud.json --port 5000``: the web process of a local cloud."""

import argparse
import logging
from pathlib import Path

import uvicorn

from cloud.app import create_app
from cloud.config import CloudConfig
from cloud.gate import DroppableProtocol


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m cloud", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file, see cloud/config.py")
    parser.add_argument("--port", type=int, default=5000, help="on 127.0.0.1; the Compute SDK expects 5000")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    config = CloudConfig.model_validate_json(options.config.read_text())
    uvicorn.run(
        create_app(config), host="127.0.0.1", port=options.port, http=DroppableProtocol, log_level="info", lifespan="on"
    )


if __name__ == "__main__":
    main()
