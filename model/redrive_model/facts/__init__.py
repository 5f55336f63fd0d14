"""Known facts about what Lambda retries, for rules and schedules. Times are in seconds; `None` is unknown or unset."""
