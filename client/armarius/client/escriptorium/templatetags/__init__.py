"""What the templates of the pages load."""
