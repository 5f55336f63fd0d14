"""Records of Kinesis and DynamoDB streams."""
