"""Stand-ins for boto3's clients."""
