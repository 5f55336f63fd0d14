"""Checks the configuration of asynchronous invocation: refuses what cannot work, warns of what is risky.

The limits: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from __future__ import annotations

from redrive.settings.asynchronous import RETRY_WAITS
from redrive_model import limits
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.rules.rule import Rules, differ
from redrive_model.rules.wording import either, given, named


def something_is_set(facts: AsyncFacts) -> str | None:
    """Lambda rejects an empty configuration."""
    if facts.sets_something:
        return None
    unset = either(" (and make_failure_queue=False)", "")
    keep = either("leave make_failure_queue unset to have failed events kept, ", "")
    return (
        f"nothing is configured, neither retries, age nor a destination{unset}: Lambda refuses an empty configuration; "
        f"give one of them, {keep}or leave the configuration out"
    )


def retries_in_range(facts: AsyncFacts) -> str | None:
    """Lambda retries an event up to two times."""
    return limits.ASYNC_RETRIES.refuse(named("retry_attempts"), facts.retry_attempts)


def age_in_range(facts: AsyncFacts) -> str | None:
    """Lambda keeps an event for one minute to six hours."""
    return limits.EVENT_AGE.refuse(named("max_event_age"), facts.max_event_age)


def same_region(facts: AsyncFacts) -> str | None:
    """Lambda looks for the function by its name, in the Region of the configuration."""
    if not differ(facts.region, facts.function_region):
        return None
    configuration = either("AsyncInvocation", "the configuration")
    return (
        f"the function is in {facts.function_region} and {configuration} in {facts.region}: Lambda looks for the "
        f"function in its own Region; make {configuration} in a stack of {facts.function_region}"
    )


def configured_once(facts: AsyncFacts) -> str | None:
    """Lambda keeps one configuration for a function, version or alias, and a second one replaces the first.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """
    if not facts.others:
        return None
    return (
        f"{', '.join(facts.others)} configures asynchronous invocation of the same function, version or alias: Lambda "
        "keeps one configuration, and which of them stays is chance; set all of it in one place"
    )


def no_fifo(facts: AsyncFacts) -> str | None:
    """Lambda delivers to standard queues and topics only; an event for a FIFO destination is lost.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    for role, path in facts.fifo:
        return (
            f"{named(role)} {path} is FIFO: Lambda delivers to standard queues and topics only, and the event would be "
            "lost; give a standard one"
        )
    return None


def no_bucket_on_success(facts: AsyncFacts) -> str | None:
    """An S3 bucket can be the destination of failed events only.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if facts.on_success != "bucket":
        return None
    return (
        f"{named('on_success')} is an S3 bucket: Lambda writes failures alone to S3; give a queue, topic, function or "
        "event bus"
    )


def destination_is_another(facts: AsyncFacts) -> str | None:
    """Lambda rejects a function as its own destination, because events would loop."""
    for role in facts.own_destination:
        return f"{named(role)} is the function itself: Lambda refuses a loop; give another function, or a queue"
    return None


def dead_letter_queue_is_queue_or_topic(facts: AsyncFacts) -> str | None:
    """A classic dead-letter queue is an SQS queue or an SNS topic.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
    """
    if facts.dead_letter_queue in (None, "queue", "topic"):
        return None
    return (
        f"{named('dead_letter_queue')} is a {facts.dead_letter_queue}: Lambda takes queues and topics; give it as "
        f"{named('on_failure')}"
    )


def failures_are_kept(facts: AsyncFacts) -> str | None:
    """Without an on-failure destination or a dead-letter queue, a failed event is lost."""
    if facts.on_failure is not None or facts.dead_letter_queue is not None:
        return None
    return (
        "neither an on-failure destination nor a dead-letter queue: an event that fails for good is lost; "
        f"{either('leave make_failure_queue unset to have it kept, or ', '')}give {named('on_failure')}"
    )


def failures_arrive_once(facts: AsyncFacts) -> str | None:
    """With both an on-failure destination and a dead-letter queue, every failed event arrives twice."""
    if facts.on_failure is None or facts.dead_letter_queue is None:
        return None
    return (
        "both an on-failure destination and a dead-letter queue: every failed event arrives twice, and whoever replays "
        "both runs it twice; leave one of them out"
    )


def records_fit(facts: AsyncFacts) -> str | None:
    """An event and its record may have 1 MB, but SNS accepts only 256 KB.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    roles = {
        named("on_success"): facts.on_success,
        named("on_failure"): facts.on_failure,
        named("dead_letter_queue"): facts.dead_letter_queue,
    }
    topics = [role for role, kind in roles.items() if kind == "topic"]
    if not topics:
        return None
    return (
        f"{' and '.join(topics)} is an SNS topic, which takes 256 KB, and an event may have 1 MB: what is larger is "
        "not delivered, and lost; give a queue or a bucket, or acknowledge this if events stay small"
    )


def concurrency_is_not_zero(facts: AsyncFacts) -> str | None:
    """With a reserved concurrency of 0, Lambda sends each event to its destination without any attempt.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if facts.reserved_concurrency != 0:
        return None
    return (
        "the function's reserved concurrency is 0: Lambda tries no event, and sends each to the on-failure destination "
        "or dead-letter queue at once; reserve 1 or more, or none"
    )


def retries_fit_into_age(facts: AsyncFacts) -> str | None:
    """Lambda gives up an event at once if it would be too old at its next attempt.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    retries, age, last = facts.retry_attempts, facts.max_event_age, facts.last_attempt
    if retries is None or age is None or last is None or last >= retries or not limits.ASYNC_RETRIES.allows(retries):
        return None
    enough = sum(RETRY_WAITS[: int(retries)])
    return (
        f"{named('max_event_age')} {age:,} s ends an event after {last} of {retries:,} retries: Lambda waits 1 "
        "minute before the first and 2 more before the second, and gives up what would be too old by then; give more "
        f"than {enough} s, or {given('retry_attempts', last)}"
    )


ASYNC_RULES: Rules[AsyncFacts] = Rules(
    "async",
    undeployable=(
        something_is_set,
        retries_in_range,
        age_in_range,
        same_region,
        destination_is_another,
        no_bucket_on_success,
    ),
    unsafe=(
        no_fifo,
        configured_once,
        dead_letter_queue_is_queue_or_topic,
    ),
    warnings={
        "redrive:no-failure-destination": failures_are_kept,
        "redrive:failures-arrive-twice": failures_arrive_once,
        "redrive:sns-record-size": records_fit,
        "redrive:no-concurrency": concurrency_is_not_zero,
        "redrive:event-age": retries_fit_into_age,
    },
)
