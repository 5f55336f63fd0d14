"""Rules: facts in, a sentence or nothing out."""
