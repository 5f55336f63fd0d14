"""Explains a stack's failure behavior, simulates it, and lists and replays failed events."""
