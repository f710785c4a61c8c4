"""A local double of the Globus services, for tests and for working offline. See README.md beside this file."""
