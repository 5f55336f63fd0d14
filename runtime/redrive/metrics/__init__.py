"""Figures of an invocation in CloudWatch's embedded metric format; loaded when there are any."""
