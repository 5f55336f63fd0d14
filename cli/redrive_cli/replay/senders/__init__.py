"""Sends failures to queues, functions and streams: one module each."""
