"""``armarius-escriptorium check``: what is right and what is wrong, said to an admin."""
