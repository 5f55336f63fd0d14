"""Runs the command line: `python -m redrive_cli`."""

from redrive_cli.app import main

if __name__ == "__main__":
    main(prog_name="redrive")
