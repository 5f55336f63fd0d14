"""Names that others can be told in advance: of a source queue, for its dead-letter queue, say."""

from __future__ import annotations

from hashlib import sha256

from aws_cdk import Names, Stack
from constructs import Construct


def queue_name(scope: Construct, *, fifo: bool) -> str:
    """A name of 80 characters at most for a construct's queue.

    The dead-letter queue's redrive-allow policy names its source, and the source's redrive policy names the dead-letter
    queue. CloudFormation has no resource to connect two finished queues, so one of them must be known by name
    beforehand.

    Args:
        scope: The construct whose queue it is.
        fifo: Whether the name must end in `.fifo`.

    Returns:
        The name, the same at each synthesis.
    """
    return unique_name(scope) + (".fifo" if fifo else "")


def unique_name(scope: Construct) -> str:
    """A name of 73 characters at most, of the construct's path and the stack's name.

    The hash keeps two deployments of one app under different stack names apart.

    Args:
        scope: The construct.

    Returns:
        Letters, digits and hyphens, the same at each synthesis.
    """
    stack = Stack.of(scope)
    while stack.nested_stack_parent is not None:  # a nested stack's name is only known when it is deployed
        stack = stack.nested_stack_parent
    digest = sha256(f"{stack.stack_name}/{scope.node.path}".encode()).hexdigest()[:8]
    readable = Names.unique_resource_name(scope, max_length=64, separator="-")
    return f"{readable}-{digest}"
