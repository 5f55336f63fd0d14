"""The surroundings of a handler's code: clock, environment, clients."""
