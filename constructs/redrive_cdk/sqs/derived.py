"""Derives the values of a queue's consumer again, when nothing changes any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from redrive.settings import Settings, SqsSettings
from redrive_cdk.core import known
from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import derive_again
from redrive_cdk.sqs import queues
from redrive_cdk.sqs.alarms import SqsAlarms
from redrive_cdk.sqs.bridging import plan_for
from redrive_cdk.sqs.facts import gather
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_model.schedules.sqs_plan import Plan


class SqsDerived(SqsAlarms):
    """Values that `SqsConsumer` derives from its function and its queues."""

    _plan: Plan
    _derived: frozenset[str]
    _write_settings: Callable[[Settings], None]

    def _create_settings(self) -> SqsSettings:
        raise NotImplementedError

    def _derive(self) -> None:
        """Derive again what depends on values that were changed since, by an Aspect for instance."""
        timeout, source = known.function_timeout(self.function), KnownQueue(self.queue)
        if timeout == self.facts.function_timeout and not queues.has_changed(source, self.facts):
            return
        of_function = known.function_facts(self.function)
        dead_letters = None if self.dead_letter_queue is None else KnownQueue(self.dead_letter_queue)
        # Read both from a queue of this app, which may have changed since the options were given.
        given = {"visibility_timeout": None, "max_receive_count": None} if source.is_made else {}
        options = replace(self._options, **given)
        fixed = queues.without(source, self._derived - queues.changed_properties(source, self.facts))
        self._plan = plan_for(path_of(self), options, of_function.timeout, fixed)
        queues.derive(source, fixed, self._plan)
        self.facts = gather(self, of_function, source, dead_letters, options, self._plan.backoff)
        self._write_settings(self._create_settings())
        derive_again(self.age_alarm, self, threshold=self._longest_normal_age())
        derive_again(self.unreceived_alarm, self, periods=self._longest_normal_pause())
