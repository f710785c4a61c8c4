"""From eScriptorium's database and MEDIA_ROOT to a packed dataset: one more reader beside those of ALTO and PAGE."""
