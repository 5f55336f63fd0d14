"""Figures in CloudWatch's embedded metric format."""
