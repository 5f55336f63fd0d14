"""Stands in for SNS."""

# ruff: noqa: N803

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_NOTIFICATION
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.handlers.clients.pages import page
from redrive_simulator.handlers.clients.sns_rules import (
    check_entries,
    check_fifo,
    check_message,
    check_phone_number,
    check_size,
    check_topic,
    invalid,
    size_in_sns,
    texts_by_protocol,
)
from redrive_simulator.services.messages import lambda_attributes
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_model.resources.topic import Subscription, TopicSpec
    from redrive_simulator.services.topics import Topic

# Topics or subscriptions of a page: https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html.
_PAGE = 100


class Sns(Client):
    """Answers for topics: https://docs.aws.amazon.com/sns/latest/api/."""

    def publish(
        self,
        *,
        Message: str,
        TopicArn: str | None = None,
        TargetArn: str | None = None,
        PhoneNumber: str | None = None,
        Subject: str | None = None,
        MessageStructure: str | None = None,
        MessageAttributes: Mapping[str, Any] | None = None,
        MessageDeduplicationId: str | None = None,
        MessageGroupId: str | None = None,
    ) -> dict[str, Any]:
        """`Publish`, to a topic."""
        given = {
            "Message": Message,
            "Subject": Subject,
            "MessageStructure": MessageStructure,
            "MessageAttributes": MessageAttributes,
            "MessageDeduplicationId": MessageDeduplicationId,
            "MessageGroupId": MessageGroupId,
        }
        to = {"TopicArn": TopicArn, "TargetArn": TargetArn, "PhoneNumber": PhoneNumber}
        to = {name: value for name, value in to.items() if value is not None}
        if len(to) > 1:
            raise self._shared.missing(f"sns.Publish({'=…, '.join(to)}=…)", "give one of them")
        check_message(given)
        check_size(given)
        if PhoneNumber is not None:
            check_phone_number(PhoneNumber)
            raise self._shared.missing(
                "sns.Publish(PhoneNumber=…)", 'use simulation.answer("sns", "Publish", function)'
            )
        if not to:
            raise invalid("TopicArn or TargetArn Reason: no value for required parameter")
        ((parameter, arn),) = to.items()
        topic = self._topic(arn, parameter)
        self._check_ids(topic, given)
        return {"MessageId": self._published(topic, given)}

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """`PublishBatch`, of which SNS refuses all entries for one that it does not take."""
        entries = PublishBatchRequestEntries
        check_entries(entries)
        topic = self._topic(TopicArn)
        for entry in entries:
            check_message(entry)
            self._check_ids(topic, entry)
        if sum(map(size_in_sns, entries)) > LARGEST_NOTIFICATION:
            together = "The length of all the messages put together is more than the limit."
            raise Refused("BatchRequestTooLong", together)
        return {
            "Successful": [{"Id": entry["Id"], "MessageId": self._published(topic, entry)} for entry in entries],
            "Failed": [],
        }

    def list_topics(self, *, NextToken: str | None = None) -> dict[str, Any]:
        """`ListTopics`."""
        arns = sorted(topic.spec.arn for topic in self._resources.topics.values())
        return _page("Topics", [{"TopicArn": arn} for arn in arns], NextToken)

    def list_subscriptions(self, *, NextToken: str | None = None) -> dict[str, Any]:
        """`ListSubscriptions`."""
        specs = [topic.spec for topic in self._resources.topics.values()]
        return _page("Subscriptions", [_listed(spec, each) for spec in specs for each in spec.subscriptions], NextToken)

    def list_subscriptions_by_topic(self, *, TopicArn: str, NextToken: str | None = None) -> dict[str, Any]:
        """`ListSubscriptionsByTopic`."""
        spec = self._topic(TopicArn).spec
        return _page("Subscriptions", [_listed(spec, each) for each in spec.subscriptions], NextToken)

    def _topic(self, arn: str, parameter: str = "TopicArn") -> Topic:
        parameters = self._world.parameters
        check_topic(arn, parameter, parameters.region)
        if arn.split(":")[4] != parameters.account:
            remedy = 'give an answer with simulation.answer("sns", …)'
            raise self._shared.missing(f"sns: the topic {arn} of another account", remedy)
        topic = self._resources.topics.get(arn)
        return found(
            topic if topic is not None and topic.spec.arn == arn else None, "NotFound", "Topic does not exist", 404
        )

    def _check_ids(self, topic: Topic, given: Mapping[str, Any]) -> None:
        spec = topic.spec
        check_fifo(spec.fifo, spec.content_based_deduplication, given)
        if spec.fifo:
            what = f"sns.Publish to the FIFO topic {spec.name}"
            raise self._shared.missing(what, 'give an answer with simulation.answer("sns", "Publish", function)')

    def _published(self, topic: Topic, given: Mapping[str, Any]) -> str:
        message: str = given["Message"]
        by_protocol = texts_by_protocol(message) if given.get("MessageStructure") == "json" else {}
        return topic.publish(
            by_protocol.get("default", message),
            attributes=lambda_attributes(given.get("MessageAttributes")) or None,
            subject=given.get("Subject"),
            chain=self._world.chain,
            group_id=given.get("MessageGroupId"),
            by_protocol=by_protocol,
        )


def _page(name: str, items: list[dict[str, Any]], token: str | None) -> dict[str, Any]:
    shown, rest = page(items, _PAGE, token, invalid("NextToken"))
    return {name: shown, **({} if rest is None else {"NextToken": rest})}


def _listed(topic: TopicSpec, subscription: Subscription) -> dict[str, Any]:
    id = uuid.uuid5(uuid.NAMESPACE_URL, f"{topic.arn} {subscription.protocol} {subscription.endpoint}")
    return {
        "SubscriptionArn": f"{topic.arn}:{id}",
        "Owner": topic.arn.split(":")[4],
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": topic.arn,
    }
