"""Writes results to standard output and everything else to standard error."""
