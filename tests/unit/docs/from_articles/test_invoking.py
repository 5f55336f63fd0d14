"""docs/migration/from-articles.md, invoking with backoff: what the article takes for success or repeats in vain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ReadTimeoutError

from redrive import FunctionError, NotInvoked, OutcomeUnknown
from tests.support.docs.articles import INVOKE, INVOKER
from tests.support.runtime.invoker.fake_lambda import FakeLambda, Reply, function_error, outside, refused
from tests.support.runtime.sqs.queue import VirtualTime
from tests.unit.docs.test_docs import run


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLambda]:
    """The Lambda that both blocks call; nobody waits."""
    aws, time = FakeLambda(), VirtualTime()
    monkeypatch.setattr("boto3.client", lambda service: {"lambda": aws}[service])
    monkeypatch.setattr("time.sleep", time.advance)
    with outside(aws, time):
        yield aws


def test_an_article_returns_the_error_of_a_function_as_its_result(aws: FakeLambda) -> None:
    aws.answers(lambda: function_error({"errorType": "ValueError", "errorMessage": "no such currency"}))
    assert run(INVOKE)["invoke_with_backoff"]("rates", {})["errorType"] == "ValueError"
    with pytest.raises(FunctionError, match="no such currency"):
        run(INVOKER)["handler"]({"currency": "shells"}, None)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(ReadTimeoutError(endpoint_url="https://lambda"), OutcomeUnknown, id="no-answer"),
        pytest.param(refused("AccessDeniedException", 403), NotInvoked, id="no-permission"),
    ],
)
def test_an_article_repeats_what_may_have_run_or_cannot_succeed(
    aws: FakeLambda, reply: Reply, error: type[Exception]
) -> None:
    aws.answers(reply)
    with pytest.raises(RuntimeError, match="all attempts"):
        run(INVOKE)["invoke_with_backoff"]("rates", {})
    assert len(aws.requests) == 5
    aws.requests.clear()
    with pytest.raises(error):
        run(INVOKER)["handler"]({"currency": "CHF"}, None)
    assert len(aws.requests) == 1
