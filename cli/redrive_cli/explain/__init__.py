"""Shows what a stack does with events that fail: as text, as a table, as JSON, as a page, as a diagram."""
