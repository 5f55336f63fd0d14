"""The one place where the helpers make AWS clients.

Clients are made when the first call is due and kept for the life of the execution environment. Tests, the simulator
and a user's own session take their place with `clients.replaced(…)` or `clients.use(…)`.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

from redrive.seams import Seam


class TimeLimits(NamedTuple):
    """How long one AWS call may take.

    Attributes:
        connect: Seconds to connect.
        read: Seconds to wait for a reply.
        attempts: Tries altogether, the first included.
    """

    connect: float
    read: float
    attempts: int


def time_limits(invocation: float | None) -> TimeLimits:
    """The limits that fit an invocation.

    boto3's own (60 s each, for up to five tries) outlast most functions, so that a hanging call would take the whole
    batch down with it. Here one try takes at most a tenth of the invocation to connect and a tenth to answer.

    Args:
        invocation: Seconds the invocation may take, `None` outside Lambda.

    Returns:
        0.5–2 s to connect, 1–5 s to read, two tries.
    """
    tenth = 5.0 if invocation is None else invocation / 10
    return TimeLimits(connect=min(2.0, max(0.5, tenth)), read=min(5.0, max(1.0, tenth)), attempts=2)


#: Makes a client from the service's name (`"sqs"`) and the time limits.
ClientFactory = Callable[[str, TimeLimits], Any]


def _from_boto3(service: str, limits: TimeLimits) -> Any:
    # Importing boto3 takes longer than most batches, and a batch without failures calls nothing.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=limits.connect,
        read_timeout=limits.read,
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        # The helpers make the arguments themselves, and looking at each takes a quarter of the time that a request of
        # many parts takes. What is wrong all the same, the service refuses.
        parameter_validation=False,
        # NAT gateways and the like forget a connection that is silent for 350 s, and a function may take longer:
        # https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html. When the first sign of life
        # is sent is up to the operating system (Linux: net.ipv4.tcp_keepalive_time).
        tcp_keepalive=True,
    )
    return boto3.client(service, config=config)  # pyright: ignore


#: What makes the clients. `clients.use(lambda service, limits: session.client(service))` brings a session of one's own.
clients: Seam[ClientFactory] = Seam(_from_boto3)

# With what made it, so that a replaced factory is asked anew. Clients whose limits follow from the invocation are kept
# by service alone: all invocations of one function have the same timeout, so the first one's limits fit the others.
_kept: dict[tuple[str, TimeLimits | None], tuple[ClientFactory, Any]] = {}
_making = Lock()  # boto3's clients can be shared by threads, but not made by several at once


def client(service: str, invocation: float | None = None, *, limits: TimeLimits | None = None) -> Any:
    """A client for an AWS service.

    Args:
        service: boto3's name of it, such as `"sqs"`.
        invocation: Seconds the invocation may take, from which the time limits are made. `None` outside Lambda.
        limits: Time limits of its own, for a call that may take as long as it needs. Such a client is kept apart.

    Returns:
        The client, the same one at each call.
    """
    factory = clients.get()
    key = (service, limits)
    with _making:
        kept = _kept.get(key)
        if kept is None or kept[0] is not factory:
            kept = _kept[key] = (factory, factory(service, limits or time_limits(invocation)))
        return kept[1]
