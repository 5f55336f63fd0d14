"""Virtual time, chance and history."""
