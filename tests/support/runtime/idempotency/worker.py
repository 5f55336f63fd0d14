"""Runs a program of the module `workers`, whose functions are then those that others import from there."""

import warnings

from tests.support.runtime.idempotency.workers import main

if __name__ == "__main__":
    warnings.simplefilter("error")
    main()
