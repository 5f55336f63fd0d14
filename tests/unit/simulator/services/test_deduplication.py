"""A FIFO queue remembers what it has seen for the deduplication interval, and no longer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from redrive_simulator import Simulation
from redrive_simulator.services.fifo_queues import FifoQueue
from tests.support.profiles import examples
from tests.support.simulator.simulations import resource, template

STACK = template(Queue=resource("AWS::SQS::Queue", FifoQueue=True))
INTERVAL = 300
SENDS = st.lists(st.tuples(st.sampled_from((0, 1, 150, 299, 300, 301)), st.sampled_from("abcd")), max_size=30)


@settings(max_examples=examples(20))
@given(SENDS)
def test_what_it_takes_for_a_duplicate_and_what_it_remembers(sends: list[tuple[int, str]]) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html"""
    simulation = Simulation.from_template(STACK)
    queue = simulation.queue("Queue")
    assert isinstance(queue, FifoQueue)
    taken: dict[str, tuple[int, str]] = {}
    now = 0
    for gap, key in sends:
        now += gap
        simulation.run_until(now)
        id = queue.send("x", group_id="g", deduplication_id=key).id
        if key in taken and now - taken[key][0] < INTERVAL:
            assert id == taken[key][1]
        else:
            assert id not in {each for _, each in taken.values()}
            taken[key] = (now, id)
        recent = {each for each, (at, _) in taken.items() if now - at < INTERVAL}
        assert set(queue._deduplicated) == recent
        assert len(queue._deduplicated_in_order) == len(recent)
