"""Templates, schemas and site tools for the people who run a cluster."""
