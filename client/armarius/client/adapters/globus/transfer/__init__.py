"""Moving files with Globus Transfer: packed, handed over once, verified, unpacked by the site."""
