"""Construct and helper call the same thing by the same name."""

from inspect import signature, unwrap

import redrive
from redrive.settings.circuit import CircuitSettings
from redrive_cdk import CircuitBreaker


def test_each_value_of_the_settings_has_one_name() -> None:
    values = set(CircuitSettings().as_dict()) - {"table"}  # a table here, a store there
    construct = set(signature(unwrap(CircuitBreaker.__init__)).parameters)
    helper = set(signature(redrive.CircuitBreaker.__init__).parameters)
    assert values <= construct
    assert values <= helper
