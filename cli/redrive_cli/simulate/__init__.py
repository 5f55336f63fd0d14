"""Plays a scenario of events and faults on a stack."""
