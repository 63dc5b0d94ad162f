"""A bucket of an S3 server: Amazon's, or one that speaks its protocol."""
