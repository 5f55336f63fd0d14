"""The resources of a stack that take part in delivery, as frozen records: one module each. Times are in seconds."""
