"""How fast the lessons are, and what bounds them: `make bench`."""
