"""What a handler's code sees."""
