"""Code that all constructs share."""
