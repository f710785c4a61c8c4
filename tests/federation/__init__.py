"""The whole of it: two institutions with unmodified endpoints, one pool, real trainings, and bad days."""
