"""AWS's ranges, limits and defaults, each with the page it is from. Times are in seconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3_600
DAY = 24 * HOUR
MEBIBYTE = 1_048_576

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest"
_SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest"
_CREATE_QUEUE = f"{_SQS}/APIReference/API_CreateQueue.html"
_CREATE_MAPPING = f"{_LAMBDA}/api/API_CreateEventSourceMapping.html"
_ASYNC_CONFIG = f"{_LAMBDA}/api/API_PutFunctionEventInvokeConfig.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The values that AWS accepts for a setting.

    Attributes:
        least: Smallest value.
        most: Largest value.
        page: AWS page that states the range.
        by: Service that checks it.
        unit: `s` for seconds, which may have fractions; empty for whole numbers.
        also: The largest value in another unit: `7 days`.
    """

    least: int
    most: int
    page: str
    by: str = "Lambda"
    unit: str = ""
    also: str = ""

    def allows(self, value: float) -> bool:
        """Return whether AWS accepts a value."""
        return self.least <= value <= self.most and (bool(self.unit) or value % 1 == 0)

    def refuse(self, name: str, value: float | None, remedy: str = "give one within") -> str | None:
        """Return a sentence that refuses a value outside of the range; `None` if the value is allowed or unknown."""
        if value is None or self.allows(value):
            return None
        shown = f"{value:,} {self.unit}".strip()
        return f"{name} {shown}: {self.by} takes {self}; {remedy}"

    def __str__(self) -> str:
        if not self.unit:
            return f"whole numbers from {self.least:,} to {self.most:,}"
        span = f"{self.least:,}–{self.most:,} {self.unit}"
        return f"{span} ({self.also})" if self.also else span


# SQS.

#: Also the time for which a message can be hidden after its first receive, however often that is extended:
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
VISIBILITY_TIMEOUT = Range(least=0, most=43_200, unit="s", also="12 hours", by="SQS", page=_CREATE_QUEUE)
DEFAULT_VISIBILITY_TIMEOUT = 30
DELIVERY_DELAY = Range(least=0, most=900, unit="s", also="15 minutes", by="SQS", page=_CREATE_QUEUE)
RECEIVE_WAIT = Range(least=0, most=20, unit="s", by="SQS", page=_CREATE_QUEUE)
MESSAGE_SIZE = Range(least=1_024, most=MEBIBYTE, by="SQS", page=_CREATE_QUEUE)
RETENTION = Range(least=60, most=14 * DAY, unit="s", also="14 days", by="SQS", page=_CREATE_QUEUE)
DEFAULT_RETENTION = 4 * DAY
MAX_RECEIVE_COUNT = Range(
    least=1, most=1_000, unit="", by="SQS", page=f"{_SQS}/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html"
)
#: `maxReceiveCount` of a redrive policy that does not set it.
DEFAULT_MAX_RECEIVE_COUNT = 10
#: The least that AWS recommends for it: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
RECOMMENDED_RECEIVES = 5
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
LARGEST_MESSAGE = MEBIBYTE
#: Sources that the redrive-allow policy of a dead-letter queue can name: the page of CreateQueue.
MOST_SOURCES = 10
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MOST_MESSAGE_ATTRIBUTES = 10
#: Messages of a queue that are in flight: the same page.
MOST_IN_FLIGHT = 120_000
#: Time for which a FIFO queue remembers a deduplication id:
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
DEDUPLICATION_INTERVAL = 300

# Functions.

#: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
DEFAULT_FUNCTION_TIMEOUT = 3
DEFAULT_MEMORY = 128
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LONGEST_FUNCTION_TIMEOUT = 900
#: Concurrent invocations of an account without a quota increase: the same page.
ACCOUNT_CONCURRENCY = 1_000
#: An event of an asynchronous invocation: the same page.
LARGEST_EVENT = MEBIBYTE
#: An event or response of a synchronous invocation, and a batch of an event source mapping: the same page.
LARGEST_REQUEST = 6 * MEBIBYTE
#: A response of a function. The page above says 6 MB; this was recorded on AWS:
#: https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda.snapshot.json
LARGEST_RESPONSE = 6_291_556
#: Resources of a template: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_RESOURCES = 500
#: Layers of a function, and bytes of all its environment variables together: the same page.
MOST_LAYERS = 5
LARGEST_ENVIRONMENT = 4_096
#: Characters of a managed policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_SIZE = 6_144
#: Invocations in a chain of requests, approximately: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
RECURSION_LIMIT = 16

# Asynchronous invocation.

ASYNC_RETRIES = Range(least=0, most=2, page=_ASYNC_CONFIG)
EVENT_AGE = Range(least=60, most=6 * HOUR, unit="s", also="6 hours", page=_ASYNC_CONFIG)

# EventBridge.

_RULE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html"
RULE_RETRIES = Range(least=0, most=185, by="EventBridge", page=_RULE)
RULE_EVENT_AGE = Range(least=60, most=DAY, unit="s", also="24 hours", by="EventBridge", page=_RULE)

# API Gateway, in seconds.

#: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
REST_INTEGRATION_TIMEOUT = 29
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
HTTP_INTEGRATION_TIMEOUT = 30

# Event source mappings.

BATCH_SIZE = Range(least=1, most=10_000, page=_CREATE_MAPPING)
BATCHING_WINDOW = Range(least=0, most=300, unit="s", also="5 minutes", page=_CREATE_MAPPING)
#: Of a queue: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
DEFAULT_QUEUE_BATCH = 10
LARGEST_FIFO_BATCH = 10
#: Larger batches of a standard queue need a batching window of at least 1 s.
LARGEST_BATCH_WITHOUT_WINDOW = 10
MAX_CONCURRENCY = Range(least=2, most=1_000, page=f"{_LAMBDA}/dg/services-sqs-scaling.html")
MINIMUM_POLLERS = Range(least=2, most=200, page=f"{_LAMBDA}/dg/with-sqs.html")
MAXIMUM_POLLERS = Range(least=2, most=10_000, page=f"{_LAMBDA}/dg/with-sqs.html")
#: Concurrent batches of a queue that Lambda starts with: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
FIRST_CONCURRENT_BATCHES = 5
#: Concurrent invocations of a provisioned poller: the same page.
BATCHES_OF_A_POLLER = 10

#: Of a stream: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
DEFAULT_STREAM_BATCH = 100
PARALLELIZATION_FACTOR = Range(least=1, most=10, page=_CREATE_MAPPING)
TUMBLING_WINDOW = Range(least=0, most=900, unit="s", also="15 minutes", page=_CREATE_MAPPING)
#: Besides -1, which means no limit.
STREAM_RETRIES = Range(least=0, most=10_000, page=_CREATE_MAPPING)
#: Besides -1, which means no limit.
RECORD_AGE = Range(least=60, most=7 * DAY, unit="s", also="7 days", page=_CREATE_MAPPING)
#: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
LARGEST_WINDOW_STATE = MEBIBYTE

#: Filters of a mapping, their usual quota, and the characters of a pattern:
#: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
MOST_FILTERS = 10
USUAL_FILTERS = 5
LONGEST_PATTERN = 4_096

# Event patterns.

#: Combinations of the alternatives of `$or`:
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
MOST_RULE_COMBINATIONS = 1_000
#: Characters of the pattern of a rule without a quota increase:
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LONGEST_RULE_PATTERN = 2_048
#: Keys of a filter policy of a topic, its combinations of values, its size in bytes, the wildcards of a text, and the
#: points of all its wildcards:
#: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
MOST_POLICY_KEYS = 5
MOST_POLICY_COMBINATIONS = 150
LARGEST_POLICY = 262_144
MOST_POLICY_WILDCARDS = 3
MOST_POLICY_POINTS = 100

# Streams and topics.

#: In whole hours: https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
KINESIS_RETENTION = Range(
    least=DAY,
    most=365 * DAY,
    unit="s",
    by="Kinesis",
    page="https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html",
)
DEFAULT_KINESIS_RETENTION = DAY
#: Shards of a new on-demand stream:
#: https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
ON_DEMAND_SHARDS = 4
#: A record, and the characters of its partition key:
#: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
LARGEST_RECORD = 10 * MEBIBYTE
LONGEST_PARTITION_KEY = 256
#: Records of one `PutRecords`, with their partition keys:
#: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
LARGEST_RECORDS = 10 * MEBIBYTE
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
DYNAMODB_RETENTION = DAY
#: https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-types.html
LARGEST_NOTIFICATION = 262_144
#: An item of a table, and its partition and sort key, in bytes:
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_ITEM = 400 * 1024
LONGEST_KEYS = (2_048, 1_024)
