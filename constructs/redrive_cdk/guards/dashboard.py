"""Creates the section of `DeliveryGuard` on a `FailureDashboard`."""

from __future__ import annotations

from redrive_cdk.core.destinations import arn_of
from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.guards.guard_alarms import GuardAlarms
from redrive_cdk.monitoring.lines import queue_lines
from redrive_cdk.monitoring.links import queue_link
from redrive_cdk.monitoring.sections import Graph, Line, Section


def section_of(guard: GuardAlarms) -> Section:
    """Create the section of a guard. Metrics of a queue in another account or Region are not here."""
    queue = guard.dead_letter_queue
    waiting = queue_lines(
        guard.metric_dead_letters(),
        guard.metric_dead_letter_age(),
        label="in the dead-letter queue",
        summary="not delivered",
        alarm=guard.dead_letter_alarm,
        age_alarm=guard.dead_letter_age_alarm,
    )
    lost = Line(metric=guard.metric_lost(), label="lost", alarm=guard.lost_alarm, summary="lost", total="lost")
    return Section(
        subject="events on their way to a function",
        advice=(
            "What could not be delivered is in the dead-letter queue. Look at the error in its attributes, correct it, "
            "and send the event to the target again."
        ),
        commands=[f"redrive failures {arn_of(queue)}"],
        links=[queue_link("dead-letter queue", queue)],
        graphs=[
            Graph(
                answers="lost",
                title="Not delivered",
                axis="events",
                lines=[*([] if is_elsewhere(guard, queue) else waiting), lost],
                right_unit="s",
            )
        ],
    )
