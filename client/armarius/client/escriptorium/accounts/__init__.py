"""Connecting an HPC account: a user's own Globus identity, under which their trainings run on clusters that know it.

``application`` speaks with Globus Auth: the authorization code flow with PKCE, and revoking
``tokens``      keeps tokens encrypted in the journal's database
``keys``        lends them to the driver, by name
``views``       the page: connect, disconnect, what is connected
"""
