"""The tests of the constructs run jsii."""

from tests.support.constructs.environment import set_up, small_layer

__all__ = ["small_layer"]

set_up()
