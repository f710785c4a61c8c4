"""Tests of the local cloud. A package, so that its fixtures end with it: only one cloud can run at a time."""
