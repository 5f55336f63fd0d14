"""The simulation of a stack: what sends events to it, lets its time pass, and looks at it."""
