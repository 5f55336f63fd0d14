"""Places that keep failures: queues, prefixes of buckets, and archives."""
