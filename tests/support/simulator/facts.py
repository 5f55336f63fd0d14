"""The facts about AWS's delivery that the simulator follows, each with its source and the test that checks it."""

from __future__ import annotations

from tests.support.simulator.delivery.asynchronous import ASYNCHRONOUS
from tests.support.simulator.delivery.fact import Facts
from tests.support.simulator.delivery.queues import QUEUES
from tests.support.simulator.delivery.services import SERVICES
from tests.support.simulator.delivery.streams import STREAMS

FACTS: Facts = {**QUEUES, **ASYNCHRONOUS, **STREAMS, **SERVICES}
