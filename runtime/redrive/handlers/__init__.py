"""Code that the decorators for batches share."""
