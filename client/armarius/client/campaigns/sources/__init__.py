"""Where a campaign's pages come from: a folder, a list of addresses, a IIIF manifest."""
