"""``python -m armarius.client.cli``."""

from armarius.client.cli import main

main(prog_name="armarius")
