"""Brings failures back: decides where to, sends, journals, deletes."""
