"""eScriptorium's buttons "Train", "Segment" and "Transcribe", done by the pool.

A Django app that changes nothing in eScriptorium's own files.

``hooks``    takes the place of the bodies of its tasks, by Celery's task annotations
``host``     the edge: eScriptorium's own tables, files, events and users, by their names
``data``     from its database and MEDIA_ROOT to a packed dataset
``record``   what is remembered of each training and each page, beside the journal
``pressing`` the tasks that segment and transcribe: which become a job, and what is written of it
``life``     the process that takes all trainings further, and what their pages show
``check``    what an admin asks when something does not work
"""
