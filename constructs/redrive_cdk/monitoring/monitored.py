"""`Monitored`: the common base of the constructs that have alarms and a section of the dashboard."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from redrive_cdk.monitoring.alarms import AlarmOptions, gather_alarms
from redrive_cdk.monitoring.sections import Section


class Monitored(Construct):
    """A construct with alarms and a section of a `FailureDashboard`.

    Attributes:
        alarms: All alarms.
    """

    alarms: list[cloudwatch.Alarm]

    def dashboard_section(self, namespace: str) -> Section:
        """Return the construct's section of a `FailureDashboard`.

        Args:
            namespace: CloudWatch namespace of the helpers' metrics.

        Returns:
            The section.
        """
        return self._section(namespace)

    def _section(self, namespace: str) -> Section:
        """Create the construct's section of a dashboard."""
        raise NotImplementedError

    def _make_alarms(self, **given: AlarmOptions | None) -> None:
        """Create alarms by their steps, and keep each of them under its name.

        Args:
            **given: The user's overrides by the name of the alarm: `dead_letter_alarm` belongs to the step
                `_create_dead_letter_alarm`.
        """
        for name, options in given.items():
            setattr(self, name, getattr(self, f"_create_{name}")(options or AlarmOptions()))
        self.alarms = gather_alarms(*(getattr(self, name) for name in given))
