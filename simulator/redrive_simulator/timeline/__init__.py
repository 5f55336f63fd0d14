"""The history of a simulation, and its text, SVG and page."""
