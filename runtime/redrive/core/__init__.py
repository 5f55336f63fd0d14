"""The base of every helper: frozen values, seams to the outside, the log, the running invocation."""
