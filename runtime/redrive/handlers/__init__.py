"""Code that handlers share: the meter of an invocation, and the work on batches."""
