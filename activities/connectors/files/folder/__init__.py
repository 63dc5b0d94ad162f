"""A folder of files that this worker can reach."""
