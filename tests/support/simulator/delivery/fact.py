"""A fact about AWS's delivery, and where its source and its test are."""

from __future__ import annotations

from typing import Literal, NamedTuple

DG = "https://docs.aws.amazon.com/lambda/latest/dg/"
SQSDG = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
EB = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
SNS = "https://docs.aws.amazon.com/sns/latest/dg/"
DDB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"

#: Recorded on AWS by LocalStack's tests.
RECORDED = "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_"
RECORDED_APIS = "https://github.com/localstack/localstack/tree/main/tests/aws/services/apigateway"
RECORDED_EVENTS = "https://github.com/localstack/localstack/tree/main/tests/aws/services/events"

#: `documented`: a page says so. `recorded`: observed on AWS, and on no page. `assumed`: neither.
Mark = Literal["documented", "recorded", "assumed"]


class Fact(NamedTuple):
    """A fact.

    Attributes:
        text: The fact.
        source: Address of the page or the recording; of what is assumed, the page that leaves it open.
        test: The test, as `file::function` below `tests/unit/simulator`.
        mark: How it is known.
        parameter: Field of `Parameters` that changes what is assumed.
    """

    text: str
    source: str
    test: str
    mark: Mark = "documented"
    parameter: str = ""


SQS_TESTS, FIFO_TESTS = "invocation/test_sqs_cases.py::test_", "invocation/test_fifo_cases.py::test_"
ASYNC_TESTS, STREAM_TESTS = "invocation/test_async_cases.py::test_", "invocation/test_stream_cases.py::test_"
EDGES_TESTS, TABLE_TESTS = "invocation/test_edges_of_delivery.py::test_", "invocation/test_table_cases.py::test_"
WINDOW_TESTS, BISECT_TESTS = "invocation/test_window_cases.py::test_", "invocation/test_bisect_cases.py::test_"
WAYS_TESTS, REQUESTS_TESTS = "test_unreachable.py::test_", "test_requests.py::test_"
HTTP_TESTS, BEFORE_TESTS = "test_requests_as_recorded.py::test_", "test_requests_before_functions.py::test_"
PROCESS_TESTS, RESPONSE_TESTS = (
    "handlers/test_ends_of_processes.py::test_",
    "handlers/test_responses_and_output.py::test_",
)
RECORDINGS_TEST = "test_recordings.py::test_a_record_is_as_aws_made_it"

#: Facts by subject.
Facts = dict[str, tuple[Fact, ...]]
