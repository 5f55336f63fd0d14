"""Lambda's work between a source and a handler."""
