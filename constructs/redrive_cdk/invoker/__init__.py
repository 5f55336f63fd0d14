"""Synchronous invocation of another function."""
