"""Jobs: what a person asked for, the runs that try to fulfil it, and the one function that takes them further."""
