"""Rules for an event source mapping of an SQS queue, and for its queues."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.rules.rule import Checks

LONGEST_RETENTION = 1_209_600  # 14 days


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsFacts:
    """Known facts about a mapping and its queues. Times are in seconds; `None` is unknown or unset."""

    fifo: bool | None = None
    dead_letter_fifo: bool | None = None
    dead_letter_is_source: bool = False
    function_timeout: float | None = None
    reserved_concurrency: float | None = None
    visibility_timeout: float | None = None
    retention: float | None = None
    dead_letter_retention: float | None = None
    max_receive_count: float | None = None
    batch_size: float | None = None
    batching_window: float | None = None
    max_concurrency: float | None = None
    minimum_pollers: float | None = None
    maximum_pollers: float | None = None
    longest_backoff: float | None = None


def longest_wait(facts: SqsFacts) -> float | None:
    """Return the longest time that a message stays hidden after a failure of the function or a retry by the helper."""
    if facts.visibility_timeout is None:
        return None
    return max(facts.visibility_timeout, facts.longest_backoff or 0)


def time_of_all_receives(facts: SqsFacts) -> float | None:
    """Return the longest time until a message is visible again after its last receive."""
    wait = longest_wait(facts)
    return None if wait is None or facts.max_receive_count is None else facts.max_receive_count * wait


def visibility_covers_function(facts: SqsFacts) -> str | None:
    """Lambda rejects a mapping if messages become visible again while the function may still process them.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    visibility, timeout = facts.visibility_timeout, facts.function_timeout
    if visibility is None or timeout is None or visibility >= timeout:
        return None
    return (
        f"visibility timeout {visibility:,} s is below the function's timeout of {timeout:,} s: Lambda rejects the "
        "mapping; leave visibility_timeout unset to get 6 × timeout + batching window"
    )


def visibility_within_12_hours(facts: SqsFacts) -> str | None:
    """SQS accepts visibility timeouts of 0 to 43,200 s.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
    """
    visibility = facts.visibility_timeout
    if visibility is None or 0 <= visibility <= 43_200:
        return None
    return f"visibility timeout {visibility:,} s is outside of 0–43,200 s (12 hours): give a shorter one"


def fifo_batches(facts: SqsFacts) -> str | None:
    """A FIFO mapping accepts batches of at most 10 messages and no batching window.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    if not facts.fifo:
        return None
    if facts.batching_window:
        return (
            f"batching window {facts.batching_window:,} s on a FIFO queue: Lambda has none for FIFO; "
            "leave max_batching_window unset"
        )
    if facts.batch_size is not None and facts.batch_size > 10:
        return (
            f"batch size {facts.batch_size:,} on a FIFO queue: its batches hold at most 10; give batch_size=10 or less"
        )
    return None


def large_batches_have_a_window(facts: SqsFacts) -> str | None:
    """A batch has at most 10,000 messages, and more than 10 need a batching window of at least 1 s.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    size, window = facts.batch_size, facts.batching_window
    if size is None:
        return None
    if not 1 <= size <= 10_000:
        return f"batch size {size:,} is outside of 1–10,000: give one within"
    if size > 10 and window is not None and window < 1:
        return (
            f"batch size {size:,} with a batching window of {window:,} s: a batch of more than 10 needs a window of at "
            "least 1 s; give max_batching_window=Duration.seconds(1) or batch_size=10"
        )
    return None


def window_in_range(facts: SqsFacts) -> str | None:
    """The batching window is at most 300 s.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    window = facts.batching_window
    if window is None or 0 <= window <= 300:
        return None
    return f"batching window {window:,} s is outside of 0–300 s: give a shorter one"


def dead_letter_queue_of_same_kind(facts: SqsFacts) -> str | None:
    """A FIFO queue needs a FIFO dead-letter queue, and a standard queue a standard one.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if facts.fifo is None or facts.dead_letter_fifo is None or facts.fifo == facts.dead_letter_fifo:
        return None
    kinds = {True: "FIFO", False: "standard"}
    return (
        f"the queue is {kinds[facts.fifo]}, its dead-letter queue is {kinds[facts.dead_letter_fifo]}: SQS wants one "
        "kind; leave dead_letter_queue unset to have a fitting one made, or set fifo to have a fitting queue made"
    )


def dead_letter_queue_is_another(facts: SqsFacts) -> str | None:
    """A queue that is its own dead-letter queue delivers a poison message forever."""
    if not facts.dead_letter_is_source:
        return None
    return "the queue is its own dead-letter queue: its messages would never leave it; give another dead_letter_queue"


def dead_letters_kept_as_long(facts: SqsFacts) -> str | None:
    """A standard dead-letter queue with a shorter retention may delete a moved message at once, since it keeps its age.

    In a FIFO dead-letter queue the age starts again, and a shorter retention only leaves people less time.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    kept, source = facts.dead_letter_retention, facts.retention
    if kept is None or source is None or kept >= source:
        return None
    consequence = (
        "who looks into a failed message would have less time than the function had"
        if facts.fifo
        else "a message that SQS moves keeps its age and may expire on arrival"
    )
    return (
        f"the dead-letter queue keeps messages {kept:,} s, the queue {source:,} s: {consequence}; give the dead-letter "
        "queue the longer retention (14 days is the most)"
    )


def receives_at_least_once(facts: SqsFacts) -> str | None:
    """SQS receives a message at least once before it moves it."""
    count = facts.max_receive_count
    return None if count is None or count >= 1 else f"max_receive_count {count:,} is below 1: give 5 or more"


def concurrency_in_range(facts: SqsFacts) -> str | None:
    """Maximum concurrency is 2 to 1,000, and at most the function's reserved concurrency.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    most, reserved = facts.max_concurrency, facts.reserved_concurrency
    if most is None:
        return None
    if not 2 <= most <= 1_000:
        return f"max_concurrency {most:,} is outside of 2–1,000: give a number within, or reserve concurrency instead"
    if reserved is not None and most > reserved:
        remedy = f"reserve at least {most:,}"
        if reserved >= 2:
            remedy = f"give max_concurrency={reserved}, or {remedy}"
        return (
            f"max_concurrency {most:,} is above the function's reserved concurrency of {reserved:,}: batches beyond "
            f"it are throttled, and spend their messages' receives without processing them; {remedy}"
        )
    return None


def pollers_in_range(facts: SqsFacts) -> str | None:
    """Provisioned pollers are 2–200 (minimum) and 2–10,000 (maximum), and exclude a maximum concurrency.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    least, most = facts.minimum_pollers, facts.maximum_pollers
    if least is None and most is None:
        return None
    if facts.max_concurrency is not None:
        return (
            f"max_concurrency {facts.max_concurrency:,} together with provisioned pollers: a mapping has one or the "
            "other; leave one of them unset"
        )
    if least is not None and not 2 <= least <= 200:
        return f"minimum pollers {least:,} are outside of 2–200: give a number within"
    if most is not None and not 2 <= most <= 10_000:
        return f"maximum pollers {most:,} are outside of 2–10,000: give a number within"
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
        f"window of {window:,} s = {enough}: a throttled batch spends receives without being processed; give {enough}, "
        "or leave it to SqsConsumer by setting none"
    )


def enough_receives(facts: SqsFacts) -> str | None:
    """AWS recommends a `maxReceiveCount` of at least 5, because throttled batches count as receives, too.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    count = facts.max_receive_count
    if count is None or count >= 5:
        return None
    return (
        f"max_receive_count {count:,} is below 5: receives that Lambda throttles count too, so that messages reach the "
        "dead-letter queue without having been tried; give 5 or more"
    )


def retries_within_retention(facts: SqsFacts) -> str | None:
    """SQS deletes a message that is still being retried when its retention ends, without dead-lettering it."""
    visibility, count, retention = facts.visibility_timeout, facts.max_receive_count, facts.retention
    if visibility is None or count is None or retention is None or visibility * count <= retention:
        return None
    return (
        f"{count:,} receives × visibility timeout {visibility:,} s = {visibility * count:,} s go beyond the queue's "
        f"retention of {retention:,} s: a message may expire before it reaches the dead-letter queue; lengthen the "
        "retention, or lower max_receive_count or the visibility timeout"
    )


def dead_letters_kept_longer(facts: SqsFacts) -> str | None:
    """With equal retention, days that a message spent in its standard queue are missing in the dead-letter queue.

    A FIFO dead-letter queue starts the count again.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    kept, source = facts.dead_letter_retention, facts.retention
    if facts.fifo or kept is None or source is None or kept != source:
        return None
    remedy = (
        "give the queue less" if kept >= LONGEST_RETENTION else "give the dead-letter queue 14 days, or the queue less"
    )
    return (
        f"the dead-letter queue keeps messages as long as the queue does, {kept:,} s: a message that SQS moves keeps "
        f"its age, so there may be little time left to find it; {remedy}"
    )


SQS_CHECKS: Checks[SqsFacts] = Checks(
    refusals=(
        visibility_within_12_hours,
        visibility_covers_function,
        fifo_batches,
        large_batches_have_a_window,
        window_in_range,
        dead_letter_queue_is_another,
        dead_letter_queue_of_same_kind,
        dead_letters_kept_as_long,
        receives_at_least_once,
        concurrency_in_range,
        pollers_in_range,
    ),
    warnings={
        "redrive:visibility-timeout": visibility_leaves_room,
        "redrive:max-receive-count": enough_receives,
        "redrive:retries-beyond-retention": retries_within_retention,
        "redrive:dead-letter-retention": dead_letters_kept_longer,
    },
)
