"""What people of the samples write, a file for each language."""
