"""All rules for several resources together: for each a template that breaks it and a similar one that passes."""

from __future__ import annotations

from tests.support.model.dead_letter_queues import UNFIT
from tests.support.model.helper_settings import HELPERS
from tests.support.model.pairs.by_themselves import BY_THEMSELVES
from tests.support.model.pairs.deliveries import DELIVERIES
from tests.support.model.pairs.functions import FUNCTIONS
from tests.support.model.pairs.loops import LOOPS
from tests.support.model.pairs.pauses import PAUSES
from tests.support.model.pairs.sources import SOURCES
from tests.support.simulator.simulations import Template

#: Rule, template that breaks it, template that passes.
PAIRS: list[tuple[str, Template, Template]] = [
    *UNFIT,
    *HELPERS,
    *SOURCES,
    *FUNCTIONS,
    *LOOPS,
    *PAUSES,
    *DELIVERIES,
    *BY_THEMSELVES,
]
