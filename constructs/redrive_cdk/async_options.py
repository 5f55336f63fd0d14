"""Options of `AsyncInvocation` that would have no effect are refused instead of ignored."""

from __future__ import annotations

from redrive_cdk.attempt_counting import AttemptCounting


def refuse_idle_options(
    path: str,
    *,
    makes_queue: bool,
    make_failure_queue: bool | None,
    has_on_failure: bool,
    counting: AttemptCounting,
    encryption_key: object,
    **options: object,
) -> None:
    """Refuse what is for something that the construct makes, where it makes none.

    Args:
        path: The construct's path.
        makes_queue: Whether it makes the failure queue.
        make_failure_queue: Whether it was told to.
        has_on_failure: Whether it was given another destination.
        counting: Where attempts are counted.
        encryption_key: The key for what is made.
        **options: The options of the failure queue, `None` where they are not set.

    Raises:
        ValueError: One of the options is set for nothing.
    """
    if make_failure_queue and has_on_failure:
        raise ValueError(
            f"{path}: make_failure_queue=True and on_failure: records go to one place; leave one of them unset"
        )
    for name, value in options.items():
        if value is not None and not makes_queue:
            raise ValueError(
                f"{path}: {name} is for a queue that AsyncInvocation makes, and here it makes none: set it on what is "
                f"given, or leave {name} unset"
            )
    if encryption_key is not None and not makes_queue and not counting.makes_store:
        raise ValueError(
            f"{path}: encryption_key is for the queue, table or bucket that AsyncInvocation makes, and here it makes "
            "none: set it on what is given, or leave encryption_key unset"
        )
