"""Says what a stack does with each event that fails: every way into every function, and where it ends."""
