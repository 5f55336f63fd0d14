"""A stack for the tests of `SqsConsumer`."""

import pytest
from aws_cdk import Stack

from tests.support.constructs.cdk import (
    new_stack,
)


@pytest.fixture
def stack() -> Stack:
    return new_stack()
