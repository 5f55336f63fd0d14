"""The meaning of errors: classification and backoff."""
