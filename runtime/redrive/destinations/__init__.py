"""Reads what Lambda and the helpers have put aside."""
