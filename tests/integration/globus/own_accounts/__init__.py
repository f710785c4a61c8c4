"""A cluster that knows people. A package, so that its institution ends with it: only one cloud can run at a time."""
