"""What runs on a cluster: the registered functions, their contracts, and the kraken engine they drive."""
