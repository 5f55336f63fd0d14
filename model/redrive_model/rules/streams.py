"""Rules for an event source mapping of a Kinesis or DynamoDB stream."""

from __future__ import annotations

from math import inf, isinf

from redrive_model.facts.streams import StreamFacts
from redrive_model.rules import filters
from redrive_model.rules import stream_ranges as ranges
from redrive_model.rules.bridging import retries_bridge_a_minute
from redrive_model.rules.rule import Rules, differ
from redrive_model.rules.wording import either, named


def same_region(facts: StreamFacts) -> str | None:
    """Lambda reads streams of its own Region only.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    """
    if not differ(facts.region, facts.source_region):
        return None
    return (
        f"the stream is in {facts.source_region} and the mapping in {facts.region}: Lambda reads streams of its own "
        f"Region only; make function and consumer in a stack of {facts.source_region}"
    )


def settings_are_for_streams(facts: StreamFacts) -> str | None:
    """Lambda refuses the settings of queues on the mapping of a stream.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    """
    if not facts.unsupported:
        return None
    return f"{', '.join(facts.unsupported)} on the mapping of a stream: Lambda has that for queues only; leave it out"


def no_destination_on_success(facts: StreamFacts) -> str | None:
    """The mapping of a stream has an on-failure destination only.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    if facts.on_success is None:
        return None
    return (
        f"{named('on_success')} is of the kind {facts.on_success!r}: the mapping of a stream has a destination on "
        "failure only; "
        "leave DestinationConfig.OnSuccess out"
    )


def starting_position_is_given(facts: StreamFacts) -> str | None:
    """A mapping of a stream needs a starting position.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    """
    if facts.has_position:
        return None
    return "no StartingPosition on the mapping of a stream: Lambda does not know where to start; give TRIM_HORIZON"


def starting_position_exists(facts: StreamFacts) -> str | None:
    """A mapping of a DynamoDB stream starts with the oldest record or now, and at no other time."""
    at_timestamp = facts.starting_position == "AT_TIMESTAMP"
    if facts.kind != "DynamoDB" or not (at_timestamp or facts.has_timestamp):
        return None
    what = f"{named('starting_position')} AT_TIMESTAMP" if at_timestamp else named("starting_position_timestamp")
    return f"{what} on a DynamoDB stream: only Kinesis streams have it; give TRIM_HORIZON or LATEST, and no time"


def timestamp_goes_with_its_position(facts: StreamFacts) -> str | None:
    """`AT_TIMESTAMP` needs a time to start from, and such a time needs `AT_TIMESTAMP`."""
    if facts.kind != "Kinesis" or facts.starting_position is None:
        return None
    if facts.has_timestamp == (facts.starting_position == "AT_TIMESTAMP"):
        return None
    if facts.has_timestamp:
        return (
            f"{named('starting_position_timestamp')} with {named('starting_position')} {facts.starting_position}: only "
            "AT_TIMESTAMP starts from a time; give "
            f"{either('starting_position=StartingPosition.AT_TIMESTAMP', 'AT_TIMESTAMP')}, or leave the timestamp unset"
        )
    return (
        f"{named('starting_position')} AT_TIMESTAMP without a time: Lambda does not know where to start; give "
        f"{named('starting_position_timestamp')} in Unix time seconds"
    )


def destination_is_queue_topic_or_bucket(facts: StreamFacts) -> str | None:
    """Lambda delivers given-up records to a queue, a topic or a bucket.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    if facts.on_failure in (None, "queue", "topic", "bucket"):
        return None
    return (
        f"{named('on_failure')} is of the kind {facts.on_failure!r}: Lambda has none for a stream; give a queue, "
        "topic or bucket"
    )


def set_aside_is_queue_or_bucket(facts: StreamFacts) -> str | None:
    """The helper sets records aside in a queue or a bucket."""
    if facts.set_aside in (None, "queue", "bucket"):
        return None
    return f"set_aside is of the kind {facts.set_aside!r}: records are put in queues and buckets; give one of these"


def no_fifo(facts: StreamFacts) -> str | None:
    """Lambda delivers to standard queues and topics only, and sets no message group.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
    """
    for role, path in facts.fifo:
        return (
            f"{named(role)} {path} is FIFO: Lambda delivers to standard queues and topics only, and the records would "
            "be lost; give a standard one"
        )
    return None


def retries_end(facts: StreamFacts) -> str | None:
    """With unlimited retries and record age, one bad record blocks its shard until it expires.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    if facts.retry_attempts != inf or facts.max_record_age != inf:
        return None
    return (
        "infinite retries and an infinite record age: one bad record holds up its shard until the stream's retention "
        f"ends, and is then lost with what came after it; give {named('retry_attempts')}, or {named('max_record_age')}"
    )


def failures_are_kept(facts: StreamFacts) -> str | None:
    """Records that Lambda gives up are lost without a destination."""
    if facts.on_failure is not None or {facts.retry_attempts, facts.max_record_age} <= {inf, None}:
        return None
    return (
        "no on-failure destination: records that fail for good, or become too old, are lost; "
        f"{either('leave on_failure unset to have them kept in a bucket, or ', '')}give a queue, topic or bucket"
    )


def age_ends_before_retention(facts: StreamFacts) -> str | None:
    """A record that expires in the stream is delivered nowhere, and no metric of the mapping counts it.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    """
    age, kept = facts.max_record_age, facts.retention
    if age is None or (age == inf and facts.retry_attempts in (inf, None)):  # `retries_end` covers this
        return None
    if age != inf and (kept is None or age < kept):
        return None
    stated = "infinite" if isinf(age) else f"{age:,} s"
    beyond = "the stream's retention" if kept is None else f"the stream's retention of {kept:,} s"
    return (
        f"{named('max_record_age')} {stated} is not below {beyond}: while the function cannot be invoked, records "
        "expire in the stream, and reach no destination; "
        f"{either('leave max_record_age unset to get half the retention, or ', '')}give a shorter one"
    )


def bad_records_are_found(facts: StreamFacts) -> str | None:
    """Without splitting, Lambda gives up all records of a batch together with the bad one.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    if facts.bisects or facts.batch_size is None or facts.batch_size <= 1:
        return None
    return (
        f"{either('bisect_batch=False', 'no BisectBatchOnFunctionError')} with batches of up to {facts.batch_size:,}: "
        "when a record fails for good, all that are left of its batch are given up with it; "
        f"{either('leave bisect_batch unset', 'set it to true')}"
    )


def there_is_something_to_bisect(facts: StreamFacts) -> str | None:
    """A batch of one record cannot be split."""
    if not facts.bisects or facts.batch_size != 1:
        return None
    return (
        f"{either('bisect_batch=True', 'BisectBatchOnFunctionError')} with batches of 1: there is nothing to split; "
        f"leave {named('bisect_batch')} unset"
    )


def nothing_is_missed(facts: StreamFacts) -> str | None:
    """With `LATEST`, a mapping may miss records that are written while Lambda creates or updates it.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html#services-kinesis-stream-start-pos
    """
    if facts.starting_position != "LATEST":
        return None
    other = " or AT_TIMESTAMP" if facts.kind == "Kinesis" else ""
    return (
        f"{named('starting_position')} LATEST: records that are written while Lambda creates the mapping may be "
        f"missed; give TRIM_HORIZON{other}"
    )


def nothing_is_missed_at_updates(facts: StreamFacts) -> str | None:
    """With `LATEST`, a mapping may miss records while Lambda updates it, and a pause updates it twice.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html#services-kinesis-stream-start-pos
    """
    if facts.starting_position != "LATEST" or facts.paused_by is None:
        return None
    other = " or AT_TIMESTAMP" if facts.kind == "Kinesis" else ""
    return (
        f"{named('starting_position')} LATEST on a mapping that {facts.paused_by} pauses: each pause updates it twice, "
        f"and records that are written during an update may be missed; give TRIM_HORIZON{other}"
    )


def window_has_its_shard(facts: StreamFacts) -> str | None:
    """A tumbling window has one state for each shard, and Lambda reportedly refuses concurrent batches with it.

    AWS's documentation does not say so.
    https://github.com/terraform-aws-modules/terraform-aws-lambda/issues/619
    """
    factor = facts.parallelization_factor
    if not facts.tumbling_window or factor is None or factor <= 1:
        return None
    return (
        f"{named('parallelization_factor')} {factor:,} with a tumbling window: a window's state belongs to its shard "
        f"as a whole, and Lambda may refuse the mapping; leave {named('parallelization_factor')} unset"
    )


def records_can_be_set_aside(facts: StreamFacts) -> str | None:
    """A record for which the function raises `Permanent` needs a queue or a bucket to be set aside in."""
    if facts.set_aside is not None or not facts.has_helper:
        return None
    where = "no destination" if facts.on_failure is None else f"a {facts.on_failure} as destination"
    place = either("set_aside", "place to set records aside in")
    remedy = either("give set_aside a queue or a bucket", "name a queue or a bucket in REDRIVE_STREAM_1")
    return (
        f"{where} and no {place}: where the function raises Permanent, its helper can put the record nowhere, and it "
        f"is retried like any other failure; {remedy}, or acknowledge this if it never does"
    )


def concurrency_is_not_zero(facts: StreamFacts) -> str | None:
    """With a reserved concurrency of 0, Lambda tries no batch, and all records become too old."""
    if facts.reserved_concurrency != 0:
        return None
    return (
        "the function's reserved concurrency is 0: Lambda tries no batch, and gives records up when they are too old; "
        "reserve 1 or more, or none"
    )


STREAM_RULES: Rules[StreamFacts] = Rules(
    "stream",
    undeployable=(
        same_region,
        settings_are_for_streams,
        ranges.retention_in_range,
        ranges.batch_size_in_range,
        ranges.window_in_range,
        ranges.parallelization_in_range,
        ranges.tumbling_window_in_range,
        ranges.retries_in_range,
        ranges.age_in_range,
        starting_position_is_given,
        starting_position_exists,
        timestamp_goes_with_its_position,
        filters.filters_fit,
        filters.filters_are_valid,
        no_destination_on_success,
        destination_is_queue_topic_or_bucket,
    ),
    unsafe=(
        set_aside_is_queue_or_bucket,
        no_fifo,
        filters.filters_have_patterns,
    ),
    warnings={
        "redrive:infinite-retries": retries_end,
        "redrive:no-failure-destination": failures_are_kept,
        "redrive:record-age": age_ends_before_retention,
        "redrive:short-retries": retries_bridge_a_minute,
        "redrive:no-bisect": bad_records_are_found,
        "redrive:nothing-to-bisect": there_is_something_to_bisect,
        "redrive:starting-position": nothing_is_missed,
        "redrive:paused-latest": nothing_is_missed_at_updates,
        "redrive:parallel-windows": window_has_its_shard,
        "redrive:nothing-set-aside": records_can_be_set_aside,
        "redrive:filter-quota": filters.filters_need_a_quota,
        "redrive:filter-operators": filters.filters_use_documented_operators,
        "redrive:filter-numbers": filters.filters_compare_no_numbers_of_tables,
        "redrive:no-concurrency": concurrency_is_not_zero,
    },
)
