"""Refuses unused options of `AsyncInvocation` instead of ignoring them."""

from __future__ import annotations

from redrive_cdk.asynchronous.counting import AttemptCounting


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
    """Refuse options for a resource that the construct does not create, and two places for failed events.

    Args:
        path: The construct's path.
        makes_queue: Whether the construct creates the failure queue.
        make_failure_queue: The user's option of this name.
        has_on_failure: Whether the user gave an on-failure destination.
        counting: The store that counts attempts.
        encryption_key: The key for the resources that the construct creates.
        **options: The options of the failure queue; `None` if not set.

    Raises:
        ValueError: An option is unused, or both `make_failure_queue=True` and `on_failure` are given.
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
