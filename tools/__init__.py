"""Tools that build, test and demonstrate the project. They are not installed with it."""
