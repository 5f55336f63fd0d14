"""Stores that count the attempts of an asynchronous event."""
