"""Reads, checks and applies event patterns: filters of mappings, rules of event buses, filter policies of topics."""
