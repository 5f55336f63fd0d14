"""`redrive replay --server-side` on the simulator's SQS, since no local AWS has the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive.core.system import sleeper
from redrive_cli.aws import factories
from redrive_simulator import Simulation
from tests.support.cli.shop import run
from tests.support.simulator.simulations import sqs_stack


class Client:
    """The simulation's client, without the one operation that it does not have."""

    def __init__(self, simulation: Simulation, service: str) -> None:
        self._client = simulation.client(service)

    def __getattr__(self, method: str) -> Any:
        return getattr(self._client, method)

    def list_dead_letter_source_queues(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "InvalidAction"}}, "ListDeadLetterSourceQueues")


@pytest.mark.parametrize("sent_by", ["SQS", "a helper"])
def test_a_task_moves_what_sqs_has_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent_by: str) -> None:
    monkeypatch.setenv("REDRIVE_STATE", str(tmp_path))
    broken = True

    def handler(event: Any, context: Any) -> Any:
        if broken:
            raise ValueError("not fixed yet")
        return {"batchItemFailures": []}

    simulation = Simulation.from_template(sqs_stack(), handlers={"Function": handler})
    for number in range(5):
        simulation.send("Queue" if sent_by == "SQS" else "DeadLetters", {"n": number})
    simulation.run()
    broken = False
    url = simulation.client("sqs").get_queue_url(QueueName=simulation.queue("DeadLetters").name)["QueueUrl"]
    with (
        factories.replaced(lambda account: lambda service, region, read, tries: Client(simulation, service)),
        sleeper.replaced(lambda seconds: simulation.run_until(simulation.now + seconds)),
    ):
        result = run("replay", url, "--server-side", "--yes")
    simulation.run()
    if sent_by == "SQS":
        assert (result.exit_code, result.stdout) == (0, "DeadLetters: completed, 5 messages moved\n"), result.output
        assert not simulation.queue("DeadLetters").messages
    else:
        assert result.exit_code == 1
        assert "give --to, or leave --server-side out" in result.stderr
        assert len(simulation.queue("DeadLetters").messages) == 5
