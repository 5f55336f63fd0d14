"""Compares facts with what AWS requires or recommends. Each rule returns a sentence with value, rule and remedy."""
