"""What every helper stands on: frozen values, seams to the outside, the log, the running invocation."""
