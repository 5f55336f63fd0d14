"""Says when each delivery comes at the latest, and for how long an event can be retried. Times are in seconds."""
