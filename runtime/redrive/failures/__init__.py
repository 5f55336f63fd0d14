"""What an error means: classification and backoff."""
