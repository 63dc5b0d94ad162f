"""What the three vendors' servers have in common."""
