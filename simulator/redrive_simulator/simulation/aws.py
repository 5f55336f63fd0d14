"""Gives a test the AWS calls of a simulation: to prepare what handlers find, and to answer what is not simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redrive_simulator.arguments import check_function, check_type
from redrive_simulator.handlers.clients.real import new_client
from redrive_simulator.simulation.run import Run


class Aws(Run):
    """Makes clients and adds answers, as a part of `Simulation`."""

    def client(self, service: str) -> Any:
        """Make a boto3 client of this simulation, for use outside of handlers.

        Args:
            service: boto3's name of the service, such as `"secretsmanager"`.

        Raises:
            ImportError: boto3 is not installed.
        """
        check_type("service", service, str, 'give the name of the service, such as "sqs"')
        made = new_client(service, self._world.parameters.region)

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            __tracebackhide__ = True
            if (service, operation, parameters.get("InvocationType", "RequestResponse")) == (
                *("lambda", "Invoke"),
                "RequestResponse",
            ):
                raise ValueError("a client of the simulation cannot wait for a function: use simulation.invoke(…)")
            with self._runtime.outside():
                return self._runtime.calls.answer(made, operation, parameters)

        made._make_api_call = call
        return made

    def answer(self, service: str, operation: str, answer: Callable[..., Any]) -> None:
        """Answer an AWS operation by a function of the test, in place of what the simulator does.

        Args:
            service: boto3's name of the service, such as `"ses"`.
            operation: Operation as AWS writes it, such as `"SendEmail"`.
            answer: Takes the parameters by name and returns the response as a dictionary, or `None` for an empty one.
                The parameters have been validated, and their times are `datetime` in UTC.
        """
        check_function("answer", answer)
        self._runtime.calls.add(service, operation, answer)
