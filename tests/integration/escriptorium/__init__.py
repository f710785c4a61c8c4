"""A stand-in eScriptorium in earnest: PostgreSQL, Redis and Celery workers, over a site of this machine."""
