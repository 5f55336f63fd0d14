"""Synchronous invocations of other functions."""
