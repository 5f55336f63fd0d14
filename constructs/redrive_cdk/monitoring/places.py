"""Lists every place where an event can wait or end, with the alarm that covers it, or the reason why none does.

A test walks the list: each alarm exists by default, watches these metrics, and can be disabled; docs/alarms.md has the
same rows. Whoever adds a place where an event can wait or end adds it here.
"""

from __future__ import annotations

from dataclasses import dataclass

from redrive_cdk.monitoring.failure_alarm import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place where an event of some constructs can wait or end.

    Attributes:
        constructs: Names of the constructs.
        what: What an event does there.
        alarm: Name of the constructs' argument for the alarm that covers the place. Default: none.
        means: Meaning of the alarm; `None` without one.
        metrics: Names of the CloudWatch metrics that the alarm watches.
        exists: Options with which the place exists, if it does not by default.
        reason: Why no alarm covers the place.
    """

    constructs: tuple[str, ...]
    what: str
    alarm: str | None = None
    means: Meaning | None = None
    metrics: tuple[str, ...] = ()
    exists: str = ""
    reason: str = ""


_SQS = ("SqsConsumer",)
_STREAMS = ("KinesisConsumer", "DynamoDBStreamConsumer")
_KINESIS, _DYNAMODB = ((name,) for name in _STREAMS)
_ASYNC = ("AsyncInvocation",)
_SYNC = ("SyncInvocation",)
_TABLE = ("IdempotencyTable",)
_CIRCUIT = ("CircuitBreaker",)
_GUARD = ("DeliveryGuard",)
_HELPERS = (*_SQS, *_STREAMS)
_VISIBLE, _AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"


def _alarmed(
    constructs: tuple[str, ...], alarm: str, means: Meaning, what: str, *metrics: str, exists: str = ""
) -> Place:
    return Place(constructs=constructs, what=what, alarm=alarm, means=means, metrics=metrics, exists=exists)


def _not_alarmed(constructs: tuple[str, ...], what: str, reason: str) -> Place:
    return Place(constructs=constructs, what=what, reason=reason)


#: All places, by construct, in the order of an event's way.
PLACES: tuple[Place, ...] = (
    _alarmed(
        _SQS,
        "unreceived_alarm",
        "delayed",
        "A message is visible, and nobody receives it: the mapping is disabled, paused or broken.",
        _VISIBLE,
        "NumberOfMessagesReceived",
    ),
    _alarmed(_SQS, "age_alarm", "delayed", "A message has waited longer than its receives take.", _AGE),
    _not_alarmed(
        _SQS, "A message is hidden until its next receive.", "The visibility timeout or the helper's wait ends it."
    ),
    _not_alarmed(
        _SQS,
        "A message was not started at its last receive, and was sent back as a new message.",
        "It is visible again, which `unreceived_alarm` and `age_alarm` cover.",
    ),
    _alarmed(
        _SQS,
        "untried_alarm",
        "failed",
        "A message was not started at its last receive, and SQS dead-letters it without a reason.",
        "Untried",
    ),
    _alarmed(_SQS, "dead_letter_alarm", "failed", "A message is in the dead-letter queue.", _VISIBLE),
    _alarmed(_SQS, "dead_letter_age_alarm", "failed", "A message has been there for half of the retention.", _AGE),
    _alarmed(
        _HELPERS,
        "not_set_aside_alarm",
        "delayed",
        "An event has failed permanently, and the helper could not dead-letter it or set it aside.",
        "NotSetAside",
    ),
    _alarmed(
        _SQS,
        "filtered_alarm",
        "lost",
        "A message matches no filter, and Lambda deletes it.",
        "FilteredOutEventCount",
        exists="filters=[…]",
    ),
    _not_alarmed(
        _SQS,
        "A message expires in the queue.",
        "`age_alarm` and `unreceived_alarm` fire before, at 80% of the retention at the latest.",
    ),
    _not_alarmed(
        _SQS,
        "SQS drops a message whose deduplication id it has seen within five minutes.",
        "FIFO queues are made for that; SQS counts `NumberOfDeduplicatedSentMessages`.",
    ),
    _alarmed(
        _KINESIS,
        "unpolled_alarm",
        "delayed",
        "Records arrive in the stream, and Lambda polls none: the mapping is disabled, paused, broken or blocked.",
        "IncomingRecords",
        "PolledEventCount",
    ),
    _alarmed(
        _DYNAMODB,
        "unpolled_alarm",
        "delayed",
        "A table is written to, and Lambda polls no record: the mapping is disabled, paused, broken or blocked.",
        "ConsumedWriteCapacityUnits",
        "PolledEventCount",
    ),
    _alarmed(
        _STREAMS,
        "iterator_age_alarm",
        "delayed",
        "A record has waited for half of the time until it is given up or expires.",
        "IteratorAge",
    ),
    _alarmed(
        _KINESIS,
        "throttle_alarm",
        "delayed",
        "Reads of the stream are throttled for minutes.",
        "ReadProvisionedThroughputExceeded",
    ),
    _alarmed(
        _DYNAMODB,
        "throttle_alarm",
        "delayed",
        "Reads of the table's stream are throttled for minutes.",
        "ThrottledRequests",
    ),
    _alarmed(
        _STREAMS,
        "failed_alarm",
        "failed",
        "A record was given up and is in the bucket that is the on-failure destination, or went to its topic.",
        "OnFailureDestinationDeliveredEventCount",
    ),
    _alarmed(
        _STREAMS,
        "failure_queue_alarm",
        "failed",
        "A record was given up and is in the queue that is the on-failure destination.",
        _VISIBLE,
        exists='on_failure="queue"',
    ),
    _alarmed(
        _STREAMS,
        "failure_age_alarm",
        "failed",
        "A record has been there for half of the retention.",
        _AGE,
        exists='on_failure="queue"',
    ),
    _alarmed(_STREAMS, "set_aside_alarm", "failed", "The helper has set a record aside in a bucket.", "SetAside"),
    _alarmed(
        _STREAMS,
        "set_aside_alarm",
        "failed",
        "The helper has set a record aside in a queue.",
        _VISIBLE,
        exists='set_aside=queue, on_failure="queue"',
    ),
    _alarmed(
        _STREAMS,
        "set_aside_age_alarm",
        "failed",
        "A record has been there for half of the retention.",
        _AGE,
        exists="set_aside=queue",
    ),
    _alarmed(_STREAMS, "dropped_alarm", "lost", "A record was given up and is in no destination.", "DroppedEventCount"),
    _alarmed(
        _STREAMS,
        "delivery_alarm",
        "lost",
        "A record was given up, and could not be delivered to the on-failure destination.",
        "DestinationDeliveryFailures",
    ),
    _not_alarmed(
        _STREAMS,
        "A record matches no filter.",
        "Lambda skips it; it stays in the stream for other readers. Lambda counts `FilteredOutEventCount`.",
    ),
    _not_alarmed(
        _STREAMS,
        "A record expires in the stream.",
        "`iterator_age_alarm` fires when half of the time is over, `unpolled_alarm` within an hour.",
    ),
    _alarmed(
        _ASYNC,
        "age_alarm",
        "delayed",
        "An event has waited for four fifths of the time that Lambda keeps it.",
        "AsyncEventAge",
    ),
    _alarmed(
        _ASYNC,
        "dropped_alarm",
        "failed",
        "Lambda has given up an event. Without a destination and a dead-letter queue, it is lost.",
        "AsyncEventsDropped",
    ),
    _alarmed(
        _ASYNC,
        "failure_queue_alarm",
        "failed",
        "A failed event is in the queue that is the on-failure destination or the dead-letter queue.",
        _VISIBLE,
    ),
    _alarmed(_ASYNC, "failure_age_alarm", "failed", "An event has been there for half of the retention.", _AGE),
    _not_alarmed(
        _ASYNC,
        "A failed event is in a bucket, or went to a topic, a function or an event bus.",
        "`dropped_alarm` counts it; what these do with it is their own.",
    ),
    _alarmed(
        _ASYNC,
        "delivery_alarm",
        "lost",
        "Lambda could not deliver a record to a destination.",
        "DestinationDeliveryFailures",
    ),
    _alarmed(
        _ASYNC,
        "dead_letter_alarm",
        "lost",
        "Lambda could not deliver an event to the dead-letter queue.",
        "DeadLetterErrors",
        exists="dead_letter_queue=queue",
    ),
    _alarmed(_SYNC, "throttle_alarm", "delayed", "Calls are throttled, and the caller waits or gives up.", "Throttles"),
    _alarmed(_SYNC, "error_alarm", "failed", "The called function fails.", "Errors"),
    _not_alarmed(
        _SYNC,
        "The caller gives up a call.",
        "`Invoker` raises an error there; what becomes of the caller's own event is covered where that comes from.",
    ),
    _alarmed(
        _TABLE,
        "write_throttle_alarm",
        "delayed",
        "Claims and completions are throttled for minutes.",
        "WriteThrottleEvents",
    ),
    _alarmed(_TABLE, "read_throttle_alarm", "delayed", "Lookups are throttled for minutes.", "ReadThrottleEvents"),
    _alarmed(
        _TABLE,
        "not_recorded_alarm",
        "failed",
        "A granted function has done something and could not record it, so that it may be done again.",
        "NotRecorded",
        exists="a granted function",
    ),
    _not_alarmed(
        _TABLE,
        "An event waits for the claim of an owner that has died.",
        "The claim ends within a minute, and the event's source delivers it again.",
    ),
    _alarmed(
        _CIRCUIT,
        "opened_alarm",
        "delayed",
        "A circuit of a granted function has opened: calls are not made.",
        "CircuitOpened",
        exists="a granted function",
    ),
    _alarmed(
        _CIRCUIT,
        "store_alarm",
        "delayed",
        "The circuit's state cannot be read or written for minutes.",
        "CircuitStoreFailures",
        exists="a granted function",
    ),
    _alarmed(
        _CIRCUIT,
        "switch_alarm",
        "delayed",
        "The switch fails for minutes: nothing is paused or resumed.",
        "Errors",
        exists="pauses=[consumer]",
    ),
    _alarmed(
        _CIRCUIT,
        "switch_idle_alarm",
        "delayed",
        "Nothing invokes the switch for minutes: nothing is paused or resumed.",
        "Invocations",
        exists="pauses=[consumer]",
    ),
    _alarmed(
        _CIRCUIT,
        "dead_letter_alarm",
        "failed",
        "A change or a timer of the switch was given up.",
        _VISIBLE,
        exists="pauses=[consumer]",
    ),
    _not_alarmed(
        _CIRCUIT,
        "One expires in the switch's dead-letter queue.",
        "The switch's check of each minute has done its work already.",
    ),
    _not_alarmed(
        _CIRCUIT,
        "Events wait in the source of a paused consumer.",
        "The consumer's `unreceived_alarm` or `unpolled_alarm` covers them.",
    ),
    _not_alarmed(
        _CIRCUIT,
        "A change or a timer waits until the switch takes it.",
        "The switch checks all mappings each minute anyway; `switch_idle_alarm` tells if it does not.",
    ),
    _alarmed(_GUARD, "dead_letter_alarm", "failed", "An event that could not be delivered is in the queue.", _VISIBLE),
    _alarmed(_GUARD, "dead_letter_age_alarm", "failed", "An event has been there for half of the retention.", _AGE),
    _alarmed(
        _GUARD,
        "lost_alarm",
        "lost",
        "A rule could deliver an event neither to its target nor to the queue.",
        "InvocationsFailedToBeSentToDlq",
    ),
    _alarmed(
        _GUARD,
        "lost_alarm",
        "lost",
        "A topic could deliver a message neither to its subscriber nor to the queue.",
        "NumberOfNotificationsFailedToRedriveToDlq",
        exists="a subscription",
    ),
    _not_alarmed(_GUARD, "An event expires in the queue.", "`dead_letter_age_alarm` fires before."),
)
