"""The resources of a stack that take part in delivery."""
