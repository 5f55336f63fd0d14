"""The table for idempotency."""
