"""Asynchronous invocations."""
