"""Stands in for CloudWatch Logs."""

# ruff: noqa: N803

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from redrive_simulator.handlers.clients.base import Client

_TERM = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class Logs(Client):
    """Answers for the functions' logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/."""

    def filter_log_events(
        self,
        *,
        logGroupName: str,
        startTime: int = 0,
        endTime: int | None = None,
        filterPattern: str = "",
        limit: int | None = None,
        logStreamNames: Sequence[str] = (),
    ) -> dict[str, Any]:
        """`FilterLogEvents`: lines that contain all terms of the pattern, all in one page."""
        terms = [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in _TERM.findall(filterPattern)]
        lines: list[dict[str, Any]] = []
        for function in self._resources.functions.values():
            if function.spec.log_group != logGroupName:
                continue
            for time, line in function.log:
                moment = round((self._world.epoch + time) * 1000)
                is_wanted = startTime <= moment and (endTime is None or moment < endTime)
                if is_wanted and all(term in line for term in terms):
                    lines.append({"timestamp": moment, "message": line, "logStreamName": "simulated"})
        if logStreamNames and "simulated" not in logStreamNames:
            lines = []
        return {"events": lines[:limit]}
