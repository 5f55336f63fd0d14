"""Idempotency: runs each event once, however often it is delivered."""
