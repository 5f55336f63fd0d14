"""Operate time: explains a stack's failure behaviour, simulates it, and lists and replays failed events."""
