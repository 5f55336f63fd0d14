"""`guard`: a dead-letter queue, retries and alarms for a rule of EventBridge or a subscription of SNS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import encrypted, known, nag
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.encrypted import key_of
from redrive_cdk.core.failure_places import KEPT, LONGEST_RETENTION, note_failure_place
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.other_side import write_there
from redrive_cdk.core.tree import node_of, note_place, path_of, place_of_stack, stack_of
from redrive_cdk.core.types import AlarmAction, AnyKey
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.guards.dashboard import section_of
from redrive_cdk.guards.deliveries import (
    delivery_of,
    facts_of,
    refuse_impossible,
    send_failures_to,
    unguardable,
)
from redrive_cdk.guards.guard_alarms import GuardAlarms
from redrive_cdk.monitoring.alarms import AlarmOptions, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_model.rules.deliveries import DELIVERY_RULES

#: Rules and subscriptions that can be guarded.
Guardable = events.Rule | sns.Subscription
_ID = "Guard"


class DeliveryGuard(GuardAlarms):
    """Keeps what a rule or a subscription could not deliver; `guard` creates it.

    Attributes:
        guarded: The rule or subscription.
        dead_letter_queue: The queue that keeps what could not be delivered.
        dead_letter_alarm: Fires when something is in the queue. `None` if it is disabled, or if the queue is of another
            account or Region, where its metrics are.
        dead_letter_age_alarm: Fires when something has been there for half of the queue's retention. `None` as above.
        lost_alarm: Fires when something could be delivered neither to the target nor to the queue. `None` if it is
            disabled.
        alarms: All alarms.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        guarded: Guardable,
        retry_attempts: int | None = None,
        max_event_age: Duration | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        encryption_key: AnyKey | None = None,
        removal_policy: RemovalPolicy | None = None,
        dead_letter_alarm: AlarmOptions | None = None,
        dead_letter_age_alarm: AlarmOptions | None = None,
        lost_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Create queue, policy and alarms; `guard` documents the options.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            guarded: The rule or subscription.
            retry_attempts: As for `guard`.
            max_event_age: As for `guard`.
            dead_letter_queue: As for `guard`.
            encryption_key: As for `guard`.
            removal_policy: As for `guard`.
            dead_letter_alarm: As for `guard`.
            dead_letter_age_alarm: As for `guard`.
            lost_alarm: As for `guard`.
            alarm_actions: As for `guard`.
        """
        super().__init__(scope, id)
        note_place(self, scope, id)
        self.guarded = guarded
        self._delivery = delivery_of(path_of(self), guarded)
        refuse_impossible(
            path_of(self), self._delivery, retry_attempts=retry_attempts, max_event_age=known.seconds(max_event_age)
        )
        of_queue = {"encryption_key": encryption_key, "removal_policy": removal_policy}
        refuse_unused(path_of(self), "guard", Part("a queue", dead_letter_queue is None, of_queue))
        set_alarm_actions(self, alarm_actions)
        age = None if max_event_age is None else max_event_age.to_seconds()
        given = {"MaximumRetryAttempts": retry_attempts, "MaximumEventAgeInSeconds": age}
        self._guarded: set[int] = set()
        self._retry_policy = {name: value for name, value in given.items() if value is not None}
        self.dead_letter_queue = (
            self._create_dead_letter_queue(encryption_key, removal_policy)
            if dead_letter_queue is None
            else dead_letter_queue
        )
        apply(self, DELIVERY_RULES, facts_of(self, self._delivery, self.dead_letter_queue))
        check_finally(self, guarded, self.dead_letter_queue)
        note_failure_place(self.dead_letter_queue)
        self._allow_sending()
        self._send()
        derive_finally(self, self._send)
        self._make_alarms(
            dead_letter_alarm=dead_letter_alarm,
            dead_letter_age_alarm=dead_letter_age_alarm,
            lost_alarm=lost_alarm,
        )

    def _create_dead_letter_queue(
        self, encryption_key: AnyKey | None, removal_policy: RemovalPolicy | None
    ) -> sqs.IQueue:
        """Create the dead-letter queue, if the user passed none.

        Args:
            encryption_key: KMS key for it.
            removal_policy: Its removal policy.
        """
        queue = encrypted.make_queue(
            self,
            "DeadLetterQueue",
            fifo=self._delivery.fifo or None,
            retention_period=LONGEST_RETENTION,
            removal_policy=removal_policy or KEPT,
            encryption_key=encryption_key,
        )
        nag.of_failure_queue(queue)
        return queue

    def _section(self, namespace: str) -> Section:
        return section_of(self)

    def _send(self) -> None:
        send_failures_to(self, self._delivery, self.dead_letter_queue, self._retry_policy, self._guarded)

    def _allow_sending(self) -> None:
        """Let the service send to the queue, and use its key for that.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
        """
        service = cast("iam.IPrincipal", iam.ServicePrincipal(self._delivery.service))
        account = place_of_stack(stack_of(self)).account
        # A queue of another stack must not need what needs the queue.
        is_here = stack_of(self.dead_letter_queue) is stack_of(self.guarded)
        source = {"ArnEquals": {"aws:SourceArn": self._delivery.source_arn}}
        of_account = {"StringEquals": {"aws:SourceAccount": account}}
        sending = iam.PolicyStatement(
            principals=[service],
            actions=["sqs:SendMessage"],
            resources=[self.dead_letter_queue.queue_arn],
            conditions=source if is_here else of_account,
        )
        why = f"{self._delivery.service} sends what it cannot deliver"
        write_there(self, self.dead_letter_queue, sending, why=why)
        key: kms.IKey | None = key_of(self.dead_letter_queue, "encryption_master_key")
        if key is not None:
            using = iam.PolicyStatement(
                principals=[service],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions=of_account,  # the source needs the queue, and that the key
            )
            write_there(self, key, using, why=why)


def guard(
    rule_or_subscription: Guardable,
    *,
    retry_attempts: int | None = None,
    max_event_age: Duration | None = None,
    dead_letter_queue: sqs.IQueue | None = None,
    encryption_key: AnyKey | None = None,
    removal_policy: RemovalPolicy | None = None,
    dead_letter_alarm: AlarmOptions | None = None,
    dead_letter_age_alarm: AlarmOptions | None = None,
    lost_alarm: AlarmOptions | None = None,
    alarm_actions: Sequence[AlarmAction] = (),
) -> DeliveryGuard:
    """Keep what a rule of EventBridge or a subscription of SNS cannot deliver, instead of dropping it.

    Each target of the rule that has no dead-letter queue gets it, also those that are added later. Events that do not
    match the rule's pattern or the subscription's filter policy are dropped by design.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html

    Args:
        rule_or_subscription: An `events.Rule` of this app, or the `sns.Subscription` that `topic.add_subscription(…)`
            returns.
        retry_attempts: For a rule: retries of a delivery, 0–185. Default: 185.
        max_event_age: For a rule: age at which EventBridge gives up a delivery, 1 minute to 24 hours. Default: 24
            hours. SNS retries for 23 days, which cannot be changed.
        dead_letter_queue: An existing queue, of the same account and Region. Default: a new queue, encrypted, which
            keeps messages for 14 days; a FIFO queue for a FIFO topic.
        encryption_key: KMS key for the new queue; the service is allowed to use it. Default: a key that SQS manages.
        removal_policy: Removal policy of the new queue with its messages, for when it leaves the stack. Default: the
            queue stays, unless the creation of its stack failed.
        dead_letter_alarm: Overrides. Default: alarm at 1 visible message.
        dead_letter_age_alarm: Overrides. Default: alarm at half of the queue's retention.
        lost_alarm: Overrides. Default: alarm at 1 event that could not be sent to the dead-letter queue.
        alarm_actions: Actions when an alarm fires, besides those of `AlarmDefaults`. Default: none.

    Returns:
        The guard, a construct in the rule or subscription.

    Raises:
        TypeError: The argument is neither, or an option has a wrong type.
        ValueError: It is guarded already, or the service would refuse the configuration. The message gives the values,
            the rule and the remedy.
    """
    if not isinstance(cast("object", rule_or_subscription), Guardable):
        raise unguardable("guard", rule_or_subscription)
    if isinstance(node_of(rule_or_subscription).try_find_child(_ID), DeliveryGuard):
        raise ValueError(
            f"{path_of(rule_or_subscription)} is guarded already: one guard serves all of its targets; leave out one "
            "of both"
        )
    return DeliveryGuard(
        cast("Construct", rule_or_subscription),
        _ID,
        guarded=rule_or_subscription,
        retry_attempts=retry_attempts,
        max_event_age=max_event_age,
        dead_letter_queue=dead_letter_queue,
        encryption_key=encryption_key,
        removal_policy=removal_policy,
        dead_letter_alarm=dead_letter_alarm,
        dead_letter_age_alarm=dead_letter_age_alarm,
        lost_alarm=lost_alarm,
        alarm_actions=alarm_actions,
    )
