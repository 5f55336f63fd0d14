"""Makes all AWS clients of the helpers, at the first call, and keeps them for the life of the execution environment.

Tests, the simulator and a user's own session replace them with `clients.replaced(…)` or `clients.use(…)`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

from redrive.core.system import Seam


class TimeLimits(NamedTuple):
    """The time limits of one AWS call.

    Attributes:
        connect: Seconds to connect.
        read: Seconds to wait for a reply.
        attempts: Number of tries, the first included.
    """

    connect: float
    read: float
    attempts: int


def time_limits(invocation: float | None) -> TimeLimits:
    """Return time limits that fit an invocation: 0.5–2 s to connect, 1–5 s to read, two tries.

    Args:
        invocation: Seconds that the invocation may take, `None` outside Lambda.
    """
    # boto3's defaults (60 s each, for up to five tries) last longer than most functions, so that one hanging call would
    # fail the whole batch. Here a try takes at most a tenth of the invocation to connect and a tenth to answer.
    tenth = 5.0 if invocation is None else invocation / 10
    return TimeLimits(connect=min(2.0, max(0.5, tenth)), read=min(5.0, max(1.0, tenth)), attempts=2)


#: Makes a client from the service's name (`"sqs"`) and the time limits.
ClientFactory = Callable[[str, TimeLimits], Any]


def _from_boto3(service: str, limits: TimeLimits) -> Any:
    # Importing boto3 takes longer than most batches, and a batch without failures makes no AWS call.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=limits.connect,
        read_timeout=limits.read,
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        # Validation takes a quarter of the time of a request with many parts. The helpers build valid arguments, and
        # the service refuses invalid ones.
        parameter_validation=False,
        # NAT gateways and similar devices drop a connection that is idle for 350 s, and a function may take longer:
        # https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html. The operating system
        # decides when to send the first keepalive (Linux: net.ipv4.tcp_keepalive_time).
        tcp_keepalive=True,
    )
    return boto3.client(service, config=config)  # pyright: ignore


#: The factory of all clients. To use your own session: `clients.use(lambda service, limits: session.client(service))`.
#: For `Invoker`, give the client a `Config` with `read_timeout=limits.read` and `retries={"total_max_attempts":
#: limits.attempts}`: the SDK's own retries repeat calls that may have run.
clients: Seam[ClientFactory] = Seam(_from_boto3)

# Each client is kept with its factory, so that a replaced factory makes a new one. Clients whose limits come from the
# invocation are kept by service only: all invocations of a function have the same timeout, so the first limits fit all.
_kept: dict[tuple[str, TimeLimits | None], tuple[ClientFactory, Any]] = {}
_making = Lock()  # threads can share boto3 clients, but must not make them concurrently


def _is_of_boto3(made: object) -> bool:
    # By its type, because a stand-in may answer any attribute. What made it has loaded this module.
    module = sys.modules.get("botocore.client")
    return module is not None and issubclass(type(made), module.BaseClient)


def client(service: str, invocation: float | None = None, *, limits: TimeLimits | None = None) -> Any:
    """Return a client for an AWS service, the same one at each call; `ImportError` if boto3 is too old for it.

    Args:
        service: boto3's name of the service, such as `"sqs"`.
        invocation: Seconds that the invocation may take; they decide the time limits. `None` outside Lambda.
        limits: Explicit time limits, for a call with a longer time. Such a client is kept separately.
    """
    factory = clients.get()
    key = (service, limits)
    with _making:
        kept = _kept.get(key)
        if kept is None or kept[0] is not factory:
            made = factory(service, limits or time_limits(invocation))
            if _is_of_boto3(made):
                from redrive.aws.requirements import check_client

                check_client(service, made)
            kept = _kept[key] = (factory, made)
        return kept[1]
