"""What the decorators for batches share."""
