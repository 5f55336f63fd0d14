"""Builds the distribution, and tries it as a newcomer would."""
