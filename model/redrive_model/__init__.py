"""AWS's behaviour as data and pure functions."""
