"""Rules for an event source mapping of an SQS queue, together with its queue and function."""

from __future__ import annotations

from redrive_model import limits
from redrive_model.facts.sqs import SqsFacts
from redrive_model.rules import filters
from redrive_model.rules.bridging import receives_bridge_a_minute
from redrive_model.rules.queues import DEAD_LETTER_RULES, QUEUE_RULES
from redrive_model.rules.rule import Rules
from redrive_model.rules.wording import either, given, named


def visibility_covers_function(facts: SqsFacts) -> str | None:
    """Lambda rejects a mapping if messages become visible again while the function may still process them.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    visibility, timeout = facts.visibility_timeout, facts.function_timeout
    if visibility is None or timeout is None or visibility >= timeout:
        return None
    enough = either(
        f"{timeout:,} s or more, or leave visibility_timeout unset and SqsConsumer sets 6 × timeout + batching window",
        f"a VisibilityTimeout of {timeout} or more; AWS recommends 6 × timeout + batching window",
    )
    return (
        f"visibility timeout {visibility:,} s is below the function's timeout of {timeout:,} s: Lambda rejects the "
        f"mapping; give the queue {enough}"
    )


def fifo_batches(facts: SqsFacts) -> str | None:
    """A FIFO mapping accepts batches of at most 10 messages and no batching window.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    if not facts.fifo:
        return None
    if facts.batching_window:
        return (
            f"batching window {facts.batching_window:,} s on a FIFO queue: Lambda has none for FIFO; "
            f"leave {named('max_batching_window')} unset"
        )
    if facts.batch_size is not None and facts.batch_size > limits.LARGEST_FIFO_BATCH:
        return (
            f"batch size {facts.batch_size:,} on a FIFO queue: its batches hold at most {limits.LARGEST_FIFO_BATCH}; "
            f"give {given('batch_size', limits.LARGEST_FIFO_BATCH)} or less"
        )
    return None


def batch_size_in_range(facts: SqsFacts) -> str | None:
    """A batch has 1 to 10,000 messages.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    return limits.BATCH_SIZE.refuse(named("batch_size"), facts.batch_size)


def large_batches_have_a_window(facts: SqsFacts) -> str | None:
    """A batch of more than 10 messages needs a batching window of at least 1 s; FIFO queues have no such batches.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    size, window, without = facts.batch_size, facts.batching_window, limits.LARGEST_BATCH_WITHOUT_WINDOW
    if facts.fifo or size is None or window is None or size <= without or window >= 1:
        return None
    window_of_1 = either(
        "one (max_batching_window=Duration.seconds(1)) or batch_size=",
        "MaximumBatchingWindowInSeconds 1 or BatchSize ",
    )
    return (
        f"batch size {size:,} with a batching window of {window:,} s: Lambda wants a window of at least 1 s for more "
        f"than {without}; give {window_of_1}{without}"
    )


def window_in_range(facts: SqsFacts) -> str | None:
    """The batching window is at most 300 s.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    return limits.BATCHING_WINDOW.refuse(named("max_batching_window"), facts.batching_window)


def settings_are_for_queues(facts: SqsFacts) -> str | None:
    """Lambda refuses the settings of streams on the mapping of a queue.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    if not facts.unsupported:
        return None
    return (
        f"{', '.join(facts.unsupported)} on the mapping of a queue: Lambda has that for streams only, and the queue's "
        "redrive policy says how often messages are retried and where they end up; leave it out"
    )


def same_region(facts: SqsFacts) -> str | None:
    """Lambda takes messages from queues of its own Region only.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    if facts.elsewhere is None or facts.elsewhere.what != "Region":
        return None
    _, there, here = facts.elsewhere
    return (
        f"the queue is in {there} and the mapping in {here}: Lambda takes messages from its own Region only; use "
        f"function and consumer in a stack of {there}"
    )


def concurrency_in_range(facts: SqsFacts) -> str | None:
    """Maximum concurrency is 2 to 1,000.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    remedy = "give one within, or reserve concurrency instead"
    return limits.MAX_CONCURRENCY.refuse(named("max_concurrency"), facts.max_concurrency, remedy)


def concurrency_is_reserved(facts: SqsFacts) -> str | None:
    """Maximum concurrency is at most the function's reserved concurrency, or Lambda throttles batches.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    most, reserved = facts.max_concurrency, facts.reserved_concurrency
    if most is None or reserved is None or most <= reserved or not limits.MAX_CONCURRENCY.allows(most):
        return None
    remedy = f"reserve at least {most:,}"
    if limits.MAX_CONCURRENCY.allows(reserved):
        remedy = f"give {given('max_concurrency', reserved)}, or {remedy}"
    return (
        f"{named('max_concurrency')} {most:,} is above the function's reserved concurrency of {reserved:,}: batches "
        f"beyond it are throttled, and spend their messages' receives without processing them; {remedy}"
    )


def pollers_in_range(facts: SqsFacts) -> str | None:
    """Provisioned pollers are 2–200 (minimum) and 2–10,000 (maximum), and exclude a maximum concurrency.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    least, most = facts.minimum_pollers, facts.maximum_pollers
    if least is None and most is None:
        return None
    if facts.max_concurrency is not None:
        return (
            f"{named('max_concurrency')} {facts.max_concurrency:,} together with provisioned pollers: a mapping has "
            "one or the other; leave one of them unset"
        )
    for complaint in (
        limits.MINIMUM_POLLERS.refuse("minimum pollers", least),
        limits.MAXIMUM_POLLERS.refuse("maximum pollers", most),
    ):
        if complaint is not None:
            return complaint
    if least is not None and most is not None and least > most:
        return f"minimum pollers {least:,} are above the maximum of {most:,}: give a maximum of at least {least:,}"
    return None


def visibility_leaves_room(facts: SqsFacts) -> str | None:
    """AWS recommends 6 × the function's timeout + the batching window, which leaves time to retry throttled batches.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    visibility, timeout, window = facts.visibility_timeout, facts.function_timeout, facts.batching_window
    if visibility is None or timeout is None or window is None or visibility >= 6 * timeout + window:
        return None
    enough = f"{6 * timeout + window:,} s"
    return (
        f"visibility timeout {visibility:,} s is below 6 × the function's timeout of {timeout:,} s + the batching "
        f"window of {window:,} s = {enough}: a throttled batch spends receives without being processed; give "
        f"{enough}{either(', or leave it to SqsConsumer by setting none', '')}"
    )


def enough_receives(facts: SqsFacts) -> str | None:
    """AWS recommends a `maxReceiveCount` of at least 5, because throttled batches count as receives, too.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    count = facts.max_receive_count
    if count is None or count >= limits.RECOMMENDED_RECEIVES:
        return None
    return (
        f"{named('max_receive_count')} {count:,} is below {limits.RECOMMENDED_RECEIVES}: receives that Lambda "
        f"throttles count too, so that messages reach the dead-letter queue without having been tried; give "
        f"{limits.RECOMMENDED_RECEIVES} or more"
    )


def failures_are_kept(facts: SqsFacts) -> str | None:
    """Without a dead-letter queue, a message that fails each time comes back until its retention ends, and is lost.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if facts.has_dead_letter_queue is not False:
        return None
    kept = "the queue's retention" if facts.retention is None else f"the queue's retention of {facts.retention:,} s"
    policy = either("redrive policy, which SqsConsumer does for the queues that it makes", "RedrivePolicy")
    blocks = ", with its message group behind it" if facts.fifo else ""
    return (
        f"no dead-letter queue: a message that fails each time is received again until {kept} ends{blocks}, and is "
        f"then lost; give the queue a {policy}"
    )


def good_messages_are_done_once(facts: SqsFacts) -> str | None:
    """Without partial responses, one failed message brings back its whole batch, with what was processed.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    size = facts.batch_size
    if facts.partial_failures is not False or size is None or size <= 1:
        return None
    return (
        f"batches of up to {size:,} without ReportBatchItemFailures: when one message fails, all of its batch are "
        "received again, and those that were processed are processed twice; give the mapping "
        f"FunctionResponseTypes{either(', as SqsConsumer does,', '')} and report what has failed, or give "
        f"{given('batch_size', 1)}"
    )


def retries_within_retention(facts: SqsFacts) -> str | None:
    """SQS deletes a message that is still being retried when its retention ends, without dead-lettering it."""
    visibility, count, retention = facts.visibility_timeout, facts.max_receive_count, facts.retention
    if visibility is None or count is None or retention is None or visibility * count <= retention:
        return None
    return (
        f"{count:,} receives × visibility timeout {visibility:,} s = {visibility * count:,} s go beyond the queue's "
        f"retention of {retention:,} s: a message may expire before it reaches the dead-letter queue; lengthen the "
        f"retention, or lower {named('max_receive_count')} or the visibility timeout"
    )


def filters_delete(facts: SqsFacts) -> str | None:
    """Lambda deletes messages that match no filter; no other consumer gets them.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if not facts.filters:
        return None
    return (
        "filters on a queue: Lambda deletes each message that matches none of them, or whose body is not the JSON or "
        "text that they expect, and no dead-letter queue gets it; leave filters out and decide in the function, filter "
        "in front of the queue (SNS, EventBridge), or acknowledge this if such messages are to be deleted"
    )


def concurrency_is_not_zero(facts: SqsFacts) -> str | None:
    """With a reserved concurrency of 0, batches are throttled until their messages have spent their receives.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if facts.reserved_concurrency != 0:
        return None
    return (
        "the function's reserved concurrency is 0: each batch is throttled, and its messages spend their receives and "
        "reach the dead-letter queue without having been tried; reserve 5 or more, or none"
    )


def concurrency_is_enough(facts: SqsFacts) -> str | None:
    """Lambda starts with 5 concurrent batches, so that a lower reserve throttles from the start.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    reserved, first = facts.reserved_concurrency, limits.FIRST_CONCURRENT_BATCHES
    if reserved is None or not 1 <= reserved < first or facts.fifo:
        return None
    if facts.max_concurrency is not None and facts.max_concurrency <= reserved:
        return None
    remedy = f"reserve {first} or more"
    if limits.MAX_CONCURRENCY.allows(reserved):
        remedy += f", or give {given('max_concurrency', f'{reserved:g}')}"
    return (
        f"the function's reserved concurrency is {reserved:,}: Lambda starts with {first} concurrent batches of a "
        f"queue, and those beyond the reserve are throttled and spend receives; {remedy}"
    )


def pollers_are_reserved(facts: SqsFacts) -> str | None:
    """A provisioned poller starts up to 10 concurrent invocations, which the reserve must allow.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    pollers, reserved = facts.maximum_pollers, facts.reserved_concurrency
    if pollers is None or not reserved or pollers * limits.BATCHES_OF_A_POLLER <= reserved:
        return None
    started = pollers * limits.BATCHES_OF_A_POLLER
    return (
        f"up to {pollers:,} provisioned pollers × {limits.BATCHES_OF_A_POLLER} invocations = {started:,} are above the "
        f"function's reserved concurrency of {reserved:,}: batches beyond it are throttled and spend receives; reserve "
        f"{started:,}, or give fewer pollers"
    )


MAPPING_RULES: Rules[SqsFacts] = Rules(
    "sqs",
    undeployable=(
        visibility_covers_function,
        settings_are_for_queues,
        fifo_batches,
        batch_size_in_range,
        large_batches_have_a_window,
        window_in_range,
        same_region,
        concurrency_in_range,
        pollers_in_range,
        filters.filters_fit,
        filters.filters_are_valid,
    ),
    unsafe=(concurrency_is_reserved, filters.filters_have_patterns),
    warnings={
        "redrive:visibility-timeout": visibility_leaves_room,
        "redrive:max-receive-count": enough_receives,
        "redrive:no-dead-letter-queue": failures_are_kept,
        "redrive:whole-batches": good_messages_are_done_once,
        "redrive:retries-beyond-retention": retries_within_retention,
        "redrive:short-retries": receives_bridge_a_minute,
        "redrive:filtered-messages": filters_delete,
        "redrive:filter-quota": filters.filters_need_a_quota,
        "redrive:filter-operators": filters.filters_use_documented_operators,
        "redrive:no-concurrency": concurrency_is_not_zero,
        "redrive:low-concurrency": concurrency_is_enough,
        "redrive:pollers-above-reserve": pollers_are_reserved,
    },
)
SQS_RULES = QUEUE_RULES + DEAD_LETTER_RULES + MAPPING_RULES
