"""Rules for an SQS queue and its dead-letter queue, whoever reads them."""

from __future__ import annotations

from redrive_model import limits
from redrive_model.facts.sqs import SqsFacts
from redrive_model.rules.rule import Rules
from redrive_model.rules.wording import either, named


def visibility_within_12_hours(facts: SqsFacts) -> str | None:
    """SQS accepts visibility timeouts of 0 to 43,200 s.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
    """
    return limits.VISIBILITY_TIMEOUT.refuse("visibility timeout", facts.visibility_timeout)


def delay_in_range(facts: SqsFacts) -> str | None:
    """SQS delays messages by at most 900 s."""
    return limits.DELIVERY_DELAY.refuse(named("delivery_delay"), facts.delivery_delay)


def retention_in_range(facts: SqsFacts) -> str | None:
    """SQS keeps messages for 60 s to 14 days."""
    return limits.RETENTION.refuse(named("retention_period"), facts.retention)


def dead_letter_retention_in_range(facts: SqsFacts) -> str | None:
    """SQS keeps messages for 60 s to 14 days, also in a dead-letter queue."""
    return limits.RETENTION.refuse("dead_letter_retention_period", facts.dead_letter_retention)


def dead_letter_queue_is_another(facts: SqsFacts) -> str | None:
    """A queue that is its own dead-letter queue delivers a poison message forever."""
    if not facts.dead_letter_is_source:
        return None
    return (
        "the queue is its own dead-letter queue: its messages would never leave it; give another "
        f"{either('dead_letter_queue', 'deadLetterTargetArn')}"
    )


def dead_letter_queue_of_same_kind(facts: SqsFacts) -> str | None:
    """A FIFO queue needs a FIFO dead-letter queue, and a standard queue a standard one.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if facts.fifo is None or facts.dead_letter_fifo is None or facts.fifo == facts.dead_letter_fifo:
        return None
    kinds = {True: "FIFO", False: "standard"}
    remedy = either(
        "both one kind, or leave dead_letter_queue unset to have a fitting one made, or set fifo to have a fitting "
        "queue made",
        "FifoQueue to both, or to neither",
    )
    return (
        f"the queue is {kinds[facts.fifo]}, its dead-letter queue is {kinds[facts.dead_letter_fifo]}: SQS wants one "
        f"kind; give {remedy}"
    )


def dead_letter_queue_is_near(facts: SqsFacts) -> str | None:
    """SQS moves messages within one account and Region only.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if facts.dead_letters_elsewhere is None:
        return None
    _, there, here = facts.dead_letters_elsewhere
    return (
        f"the dead-letter queue is in {there} and the queue in {here}: SQS wants both in one account and Region; give "
        f"a {either('dead_letter_queue from there, or none to have one made', 'deadLetterTargetArn from there')}"
    )


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
    """SQS receives a message at least once before it moves it, and at most 1,000 times.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html
    """
    remedy = f"give one within, {limits.RECOMMENDED_RECEIVES} or more"
    return limits.MAX_RECEIVE_COUNT.refuse(named("max_receive_count"), facts.max_receive_count, remedy)


def dead_letters_kept_longer(facts: SqsFacts) -> str | None:
    """With equal retention, days that a message spent in its standard queue are missing in the dead-letter queue.

    A FIFO dead-letter queue starts the count again. A queue for failures keeps its messages for as long as SQS can, and
    so should its own dead-letter queue.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    kept, source = facts.dead_letter_retention, facts.retention
    if facts.fifo or kept is None or source is None or kept != source:
        return None
    if facts.keeps_failures and kept >= limits.RETENTION.most:
        return None
    remedy = "give the queue less"
    if kept < limits.RETENTION.most:
        remedy = "give the dead-letter queue 14 days, or the queue less"
    return (
        f"the dead-letter queue keeps messages as long as the queue does, {kept:,} s: a message that SQS moves keeps "
        f"its age, so there may be little time left to find it; {remedy}"
    )


QUEUE_RULES: Rules[SqsFacts] = Rules(
    "sqs",
    undeployable=(
        visibility_within_12_hours,
        delay_in_range,
        retention_in_range,
        dead_letter_queue_is_another,
        dead_letter_queue_of_same_kind,
        dead_letter_queue_is_near,
        receives_at_least_once,
    ),
    unsafe=(dead_letters_kept_as_long,),
    warnings={"redrive:dead-letter-retention": dead_letters_kept_longer},
)
#: For a construct, which knows of the dead-letter queue what its consumer has of it; a template has its own facts.
DEAD_LETTER_RULES: Rules[SqsFacts] = Rules("sqs", undeployable=(dead_letter_retention_in_range,))
