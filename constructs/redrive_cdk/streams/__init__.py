"""Kinesis and DynamoDB streams."""
