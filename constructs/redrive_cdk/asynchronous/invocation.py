"""Configures asynchronous invocation: retries, event age, destinations, attempt counting and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from redrive.settings import AsyncSettings
from redrive_cdk.asynchronous import dead_letters
from redrive_cdk.asynchronous.alarms import AsyncAlarms
from redrive_cdk.asynchronous.counting import AttemptCounting, count_in
from redrive_cdk.asynchronous.dashboard import section_of
from redrive_cdk.asynchronous.facts import gather
from redrive_cdk.asynchronous.one_configuration import refuse_second
from redrive_cdk.asynchronous.options import AsyncOptions, refuse_unused_options
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.destinations import arn_of, grant_delivery
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.failure_places import make_failure_queue
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.grants import attach_policy, is_empty, make_policy
from redrive_cdk.core.placement import refuse_circle_with
from redrive_cdk.core.qualifiers import qualified
from redrive_cdk.core.takes_over import take_over
from redrive_cdk.core.tree import node_of, note_place, path_of
from redrive_cdk.core.types import AlarmAction, AnyDeadLetterTarget, AnyDestination, AnyFunction, AnyKey
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.monitoring.alarms import AlarmOptions, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_model import limits
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.takeover import TakeOverFacts


class AsyncInvocation(AsyncAlarms):
    """Sets up asynchronous invocation so that every event is processed or kept where a person can see and replay it.

    It configures one function, version or alias. Lambda keeps a separate configuration for each of them:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html

    To change a part, subclass the construct and override one of the `_create_*` steps. A step for an alarm takes the
    user's overrides, and returns the alarm or `None` for none.

    Attributes:
        function: The function, version or alias.
        on_success: The destination for records of processed events; `None` if there is none.
        on_failure: The destination for records of failed events; `None` if there is none.
        failure_queue: The queue that the construct created for these records; `None` if `on_failure` was given or no
            queue is wanted.
        dead_letter_queue: The function's classic dead-letter queue, given here or set on the function; `None` if there
            is none.
        event_invoke_config: The configuration resource.
        delivery_policy: The policy that allows the function's role to deliver and to count. It is not in the template
            if it is empty, if the role is not known, or if the role accepts no policies.
        facts: The facts known at synthesis; times in seconds.
        alarms: All alarms; `AsyncAlarms` has an attribute for each of them.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: AnyFunction,
        retry_attempts: int | None = None,
        max_event_age: Duration | None = None,
        on_success: AnyDestination | None = None,
        on_failure: AnyDestination | None = None,
        dead_letter_queue: AnyDeadLetterTarget | None = None,
        make_failure_queue: bool | None = None,
        failure_queue_retention_period: Duration | None = None,
        failure_queue_removal_policy: RemovalPolicy | None = None,
        encryption_key: AnyKey | None = None,
        count_attempts: AttemptCounting | None = None,
        takes_over: str | None = None,
        attach_layer: bool = True,
        dropped_alarm: AlarmOptions | None = None,
        delivery_alarm: AlarmOptions | None = None,
        dead_letter_alarm: AlarmOptions | None = None,
        age_alarm: AlarmOptions | None = None,
        failure_queue_alarm: AlarmOptions | None = None,
        failure_age_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Set up retries, age, destinations, grants, counting and alarms.

        Args:
            scope: The parent construct.
            id: The construct's id in its scope.
            function: The function, or a version or alias of it. An imported function gets no settings and no layer.
            retry_attempts: How often Lambda retries after a function error, 0–2. Two retries bridge an outage of about
                3 minutes, and Lambda offers no more. Default: 2.
            max_event_age: How long Lambda keeps an event, 60 s to 6 h. Default: 6 h.
            on_success: The destination for a record of each processed event: a standard queue or topic, another
                function or an event bus. Default: none.
            on_failure: The destination for a record of each failed event: one of these, or a bucket. Default: the
                construct creates a queue.
            dead_letter_queue: A standard queue or topic that receives each failed event unchanged. It belongs to the
                whole function: all versions and aliases share it. Default: the function's own, if it has one.
            make_failure_queue: Whether to create a queue if no `on_failure` is given. Default: yes, unless there is a
                dead-letter queue.
            failure_queue_retention_period: The retention of the created queue. Default: 14 days, the maximum of SQS.
            failure_queue_removal_policy: What happens to the created queue and its records when it leaves the stack.
                Default: it is kept, unless the creation of its stack failed.
            encryption_key: A KMS key for the queue, table and bucket that the construct creates, with all necessary
                grants. Default: keys that AWS owns or manages.
            count_attempts: The store in which `@async_handler` counts attempts. Default: `/tmp`, which is right only
                while retries run in the same execution environment.
            takes_over: The logical id of a deployed configuration of the same function, version or alias, which this
                one updates in place. Default: a new configuration.
            attach_layer: Whether the function gets the stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            dropped_alarm: Overrides. Default: alarm at 1 given-up event, whether delivered elsewhere or not.
            delivery_alarm: Overrides. Default: alarm at 1 record that was not delivered.
            dead_letter_alarm: Overrides. Default: alarm at 1 event that was not delivered.
            age_alarm: Overrides. Default: alarm at four fifths of the maximum age; the threshold is in milliseconds.
            failure_queue_alarm: Overrides. Default: alarm at 1 visible event.
            failure_age_alarm: Overrides. Default: alarm at half of the queue's retention, or 2 days if it is unknown.
            alarm_actions: Actions of all alarms, in addition to those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot be deployed or would lose events. The message names the values, the
                reason and the remedy.
        """
        super().__init__(scope, id)
        note_place(self, scope, id)
        self.function = cast("lambda_.IFunction", function)
        self.on_success = on_success
        self._options = AsyncOptions(
            retry_attempts=retry_attempts,
            max_event_age=max_event_age,
            on_failure=on_failure,
            make_failure_queue=make_failure_queue,
            failure_queue_retention_period=failure_queue_retention_period,
            failure_queue_removal_policy=failure_queue_removal_policy,
            encryption_key=encryption_key,
            count_attempts=count_attempts or AttemptCounting.tmp(),
        )
        set_alarm_actions(self, alarm_actions)
        self._qualified = qualified(self.function)

        self.dead_letter_queue = dead_letters.dead_letter_target_of(self, self.function, dead_letter_queue)
        wants_queue = self.dead_letter_queue is None if make_failure_queue is None else make_failure_queue
        makes_queue = wants_queue and on_failure is None
        refuse_unused_options(path_of(self), self._options, makes_queue=makes_queue)
        self.failure_queue = self._create_failure_queue() if makes_queue else None
        self.on_failure = self.failure_queue if makes_queue else on_failure
        self.facts = self._gather_facts()
        self._check()

        self.delivery_policy = self._create_delivery_policy()
        counting = self._create_counting()
        self._create_grants(given_dead_letter_queue=dead_letter_queue is not None)
        attach_policy(self, self.delivery_policy, self.function)
        self.event_invoke_config = self._create_event_invoke_config()
        if takes_over is not None:
            take_over(self, self.event_invoke_config, TakeOverFacts(what="configuration", logical_id=takes_over))
        write_settings(
            self,
            self.function,
            self._create_settings(counting),
            by_hand="@async_handler(settings=AsyncSettings(retry_attempts=…)).",
        )
        if attach_layer:
            attach_layer_to(self, self.function)
        self._make_alarms(
            dropped_alarm=dropped_alarm,
            delivery_alarm=delivery_alarm,
            dead_letter_alarm=dead_letter_alarm,
            age_alarm=age_alarm,
            failure_queue_alarm=failure_queue_alarm,
            failure_age_alarm=failure_age_alarm,
        )
        check_finally(self, self.function)

    def _create_failure_queue(self) -> sqs.IQueue:
        """Create the queue for records of failed events."""
        return make_failure_queue(
            self,
            retention_period=self._options.failure_queue_retention_period,
            removal_policy=self._options.failure_queue_removal_policy,
            encryption_key=self._options.encryption_key,
        )

    def _create_delivery_policy(self) -> iam.Policy:
        """Create the policy for delivery and counting.

        It is separate from the role's default policy, on which the function depends. Its resources may depend on the
        function (the log group, a destination that calls the function) or belong to another stack.

        Returns:
            The policy, still empty.
        """
        return make_policy(self, "DeliveryPolicy")

    def _create_grants(self, *, given_dead_letter_queue: bool) -> None:
        """Allow the function's role exactly the calls of delivery.

        Args:
            given_dead_letter_queue: Whether the user gave the dead-letter queue to this construct. It is then also set
                on the function.
        """
        for destination in (self.on_success, self.on_failure):
            if destination is not None:
                grant_delivery(cast("iam.IGrantable", self.delivery_policy), destination)
        if self.dead_letter_queue is not None:
            dead_letters.grant(self.function, self.dead_letter_queue, given=given_dead_letter_queue)

    def _create_counting(self) -> dict[str, Any]:
        """Create or reuse the store for the count of attempts, and allow counting.

        Returns:
            The counter's fields of `AsyncSettings`, such as `{"counter": "dynamodb", "counter_table": …}`.
        """
        grantee = cast("iam.IGrantable", self.delivery_policy)
        options = self._options
        return count_in(self, self.function, grantee, options.count_attempts, options.encryption_key)

    def _create_event_invoke_config(self) -> lambda_.CfnEventInvokeConfig:
        """Create the configuration. It writes all values, so that the template shows defaults too."""
        destinations = {
            name: {"destination": arn_of(destination)}
            for name, destination in (("onSuccess", self.on_success), ("onFailure", self.on_failure))
            if destination is not None
        }
        retries, age = self._options.retry_attempts, self._options.max_event_age
        config = lambda_.CfnEventInvokeConfig(
            self,
            "EventInvokeConfig",
            function_name=self._qualified.name,
            qualifier=self._qualified.qualifier,
            maximum_retry_attempts=limits.ASYNC_RETRIES.most if retries is None else retries,
            maximum_event_age_in_seconds=limits.EVENT_AGE.most if age is None else age.to_seconds(),
            destination_config=destinations or None,
        )
        # Lambda checks the permission to deliver when a destination is configured.
        if not is_empty(self.delivery_policy):
            node_of(config).add_dependency(self.delivery_policy)
        # The configuration refers to an alias only by name, so CloudFormation does not know that the alias comes first.
        if isinstance(self.function, lambda_.Alias):
            node_of(config).add_dependency(self.function)
        return config

    def _create_settings(self, counting: dict[str, Any]) -> AsyncSettings:
        """Create the settings of the `@async_handler` helper.

        Args:
            counting: The counter's fields, from `_create_counting`.

        Returns:
            The settings that the construct writes into the function's environment.
        """
        retries = self.facts.retry_attempts
        return AsyncSettings(
            qualifier=self._qualified.in_settings,
            retry_attempts=None if retries is None else int(retries),
            max_event_age=self.facts.max_event_age,
            **counting,
        )

    @property
    def bridges(self) -> Duration | None:
        """Length of an outage, from an event's first attempt, in which no event is given up after a function error.

        Lambda offers no more than its two retries, about 1 and 2 minutes later: about 3 minutes. Throttles and errors
        of Lambda itself do not count as attempts, and end with `max_event_age`. `None` if it is not known here.
        """
        return None if self.facts.bridged is None else of_seconds(self.facts.bridged)

    def _section(self, namespace: str) -> Section:
        return section_of(self, namespace)

    def _gather_facts(self) -> AsyncFacts:
        return gather(
            self,
            self.function,
            retry_attempts=self._options.retry_attempts,
            max_event_age=self._options.max_event_age,
            on_success=self.on_success,
            on_failure=self.on_failure,
            dead_letter_queue=self.dead_letter_queue,
        )

    def _check(self) -> None:
        apply(self, ASYNC_RULES, self.facts)
        target = cast("IConstruct | None", self.dead_letter_queue)
        refuse_circle_with(self, self.function, target, remedy="make AsyncInvocation in the function's stack")
        refuse_second(self, self.function, self._qualified)
