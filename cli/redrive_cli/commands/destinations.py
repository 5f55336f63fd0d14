"""Decides where failures go, asking Lambda where several queues share a dead-letter queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from redrive_cli.aws import Aws
from redrive_cli.failures.found import Found
from redrive_cli.places.functions import mappings_of
from redrive_cli.replay.destination import Destination, Unknown, destination_of


def resolver(aws: Aws) -> Callable[[Found], Destination | Unknown]:
    """Return what decides where a failure came from; each function is asked about once."""

    @cache
    def sources_of(function: str) -> Sequence[str]:
        return [each.source for each in mappings_of(aws, function=function)]

    return lambda found: destination_of(found, sources_of)
