"""What the project is built, tested and demonstrated with; no part of what is installed."""
