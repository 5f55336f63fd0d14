"""The attempt counters on the local AWS, and a network on which replies are lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ReadTimeoutError

from redrive import AttemptCounter
from tests.support.runtime.sqs.queue import VirtualTime
from tools.local_aws import LocalAws, client_of

TABLE = BUCKET = "counter-conformance"
GROUP = "/aws/lambda/counter-conformance"
EXPIRY = 100


@dataclass
class Network:
    """The way to the local AWS, on which replies can be lost.

    Attributes:
        spare: How many replies arrive before.
        lose: How many replies are lost then: the request has arrived, and the sender hears nothing.
        meanwhile: Run once, when a reply is lost.
        operations: The calls that were made, botocore's own retries not among them.
    """

    spare: int = 0
    lose: int = 0
    meanwhile: Callable[[], object] | None = None
    operations: list[str] = field(default_factory=list)

    def client(self, aws: LocalAws, service: str) -> Any:
        made = client_of(service, aws.endpoint)  # its own, since it is changed
        made.meta.events.register("before-call", lambda model, **_: self.operations.append(model.name))
        session = made._endpoint.http_session  # below botocore's retries, which are part of what is shown
        send = session.send

        def lossy(request: Any) -> Any:
            response = send(request)
            if not self.lose:
                return response
            if self.spare:
                self.spare -= 1
                return response
            _ = response.content  # read to its end, so that the connection is free again
            self.lose -= 1
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                meanwhile()
            raise ReadTimeoutError(endpoint_url=request.url)

        session.send = lossy
        return made


@dataclass
class Store:
    """One kind of counter, and where it counts.

    Attributes:
        kind: Its name in the settings.
        counter: The counter.
        broken: The same kind, where there is nothing to count in.
        network: On its way to AWS.
        time: The clock.
    """

    kind: str
    counter: AttemptCounter
    broken: AttemptCounter
    network: Network
    time: VirtualTime
