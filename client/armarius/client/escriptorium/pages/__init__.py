"""Pages within eScriptorium: "My trainings" for its users, "Compute pool" for its staff.

They read the journal and the ledger and ask no cluster: what a site said last was written down by the process that
drives. Every page has a live part, which htmx fetches again every few seconds.
"""
