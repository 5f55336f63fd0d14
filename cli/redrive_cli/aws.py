"""Makes the clients of AWS that commands use, from the options of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from redrive.core.system import Seam

#: Threads that call AWS at the same time, at most; each needs a connection.
MOST_THREADS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account and a Region, as boto3 takes them.

    Attributes:
        profile: Profile of the AWS configuration; `None` for the default credentials.
        region: Region; `None` for the default one.
        endpoint_url: Address in place of AWS's; `None` for AWS.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None


#: Makes a client from a service's name, a Region (`None`: the default one), seconds to wait for a reply, and how often
#: the SDK makes a call by itself.
ClientFactory = Callable[[str, str | None, float, int], Any]


def _from_boto3(account: Account) -> ClientFactory:
    import boto3
    from botocore.config import Config

    # boto3 by itself reads only AWS_DEFAULT_REGION; the AWS CLI reads both, and AWS_REGION first:
    # https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
    region = account.region or os.environ.get("AWS_REGION") or None
    session = boto3.Session(profile_name=account.profile, region_name=region)

    def make(service: str, region: str | None, read: float, tries: int) -> Any:
        config = Config(
            connect_timeout=10,
            read_timeout=read,
            retries={"mode": "standard", "total_max_attempts": tries},
            max_pool_connections=MOST_THREADS,
            tcp_keepalive=True,
        )
        return session.client(service, region_name=region, endpoint_url=account.endpoint_url, config=config)  # pyright: ignore

    return make


_USUAL = 70.0
_TRIES = 5
#: The factory of all clients; tests replace it.
factories: Seam[Callable[[Account], ClientFactory]] = Seam(_from_boto3)


@dataclass(slots=True)
class Aws:
    """The clients of one account, each made once.

    Attributes:
        account: Which account and Region.
    """

    account: Account
    _make: ClientFactory | None = None
    _clients: dict[tuple[str, str | None, float, int], Any] = field(
        default_factory=dict[tuple[str, str | None, float, int], Any]
    )
    _lock: Lock = field(default_factory=Lock)

    def client(self, service: str, region: str | None = None, *, read: float = _USUAL, once: bool = False) -> Any:
        """Return a client.

        Args:
            service: boto3's name of the service.
            region: Another Region than the default.
            read: Seconds to wait for a reply.
            once: Whether the SDK must not repeat calls, which may have taken effect although their replies were lost.
        """
        key = (service, region or self.account.region, read, 1 if once else _TRIES)
        with self._lock:
            if self._make is None:
                self._make = factories.get()(self.account)
            if key not in self._clients:
                self._clients[key] = self._make(*key)
            return self._clients[key]


def pages(call: Callable[..., Any], token: str, given: str | None = None, **request: Any) -> Iterator[Any]:
    """Yield all pages of an operation.

    Args:
        call: The client's method.
        token: The member of a page that leads to the next one.
        given: The argument that takes it. Default: the same name.
        **request: The arguments.
    """
    while True:
        page = call(**request)
        yield page
        if not page.get(token):
            return
        request[given or token] = page[token]
