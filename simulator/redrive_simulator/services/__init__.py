"""The services that keep events: queues, streams, tables, buckets, topics."""
