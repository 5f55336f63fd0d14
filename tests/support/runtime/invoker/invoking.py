"""An invoker, and the errors it raises."""

from __future__ import annotations

from typing import Any

import botocore.exceptions as aws_errors
import pytest

from redrive import InvokeError, Invoker, InvokerSettings
from tests.support.runtime.invoker.fake_lambda import FUNCTION

READ_TIMEOUT = aws_errors.ReadTimeoutError(endpoint_url="https://lambda")
NO_CONNECTION = aws_errors.EndpointConnectionError(endpoint_url="https://lambda")


def invoker(**options: Any) -> Invoker:
    return Invoker(settings=InvokerSettings(function=FUNCTION, function_timeout=10), **options)


def raised(kind: type[InvokeError], caller: Invoker, **options: Any) -> Any:
    with pytest.raises(kind) as caught:
        caller.invoke({}, **options)
    assert type(caught.value) is kind
    return caught.value
