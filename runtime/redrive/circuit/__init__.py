"""The circuit breaker."""
