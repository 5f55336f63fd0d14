"""Messages of SQS queues."""
