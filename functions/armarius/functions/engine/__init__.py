"""The one package that imports kraken: a child process of the supervisor that trains or evaluates and then ends."""
