"""When each delivery comes, and for how long an event can be retried."""
