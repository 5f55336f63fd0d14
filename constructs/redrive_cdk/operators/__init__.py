"""Permissions for the people and programs that bring failed events back."""
