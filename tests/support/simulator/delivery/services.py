"""Facts about what else invokes functions, and about the functions."""

from __future__ import annotations

from tests.support.simulator.delivery.fact import (
    BEFORE_TESTS,
    DG,
    EB,
    EDGES_TESTS,
    HTTP_TESTS,
    PROCESS_TESTS,
    RECORDED,
    RECORDED_APIS,
    RECORDED_EVENTS,
    REQUESTS_TESTS,
    RESPONSE_TESTS,
    SNS,
    WAYS_TESTS,
    Fact,
    Facts,
)

SERVICES: Facts = {
    "EventBridge": (
        Fact(
            "A rule sends the events that match its pattern to its targets.",
            f"{EB}eb-rules.html",
            "test_event_rules.py::test_a_rule_brings_the_events_that_match_to_its_targets",
        ),
        Fact(
            "A target gets the event, a part of it, a constant, or the text of a transformer.",
            f"{EB}eb-transform-target-input.html",
            "test_event_rules.py::test_a_target_gets_its_input",
        ),
        Fact(
            "In the text of a transformer, a missing part is an empty text, and objects lose their quotes in a text.",
            RECORDED_EVENTS,
            "test_inputs_of_targets.py::test_a_template_is_filled_as_recorded",
            "recorded",
        ),
        Fact(
            "The transformer's variable of the whole event has no detail, and calls the detail type detailType.",
            RECORDED_EVENTS,
            "test_inputs_of_targets.py::test_the_variable_of_the_event_names_the_type_as_recorded",
            "recorded",
        ),
        Fact(
            "What a transformer makes must be JSON; otherwise nothing is delivered.",
            RECORDED_EVENTS,
            "test_inputs_of_targets.py::test_objects_and_lists_within_quotes_of_an_object_are_not_delivered",
            "recorded",
        ),
        Fact(
            "A template may name only variables of its map; a path has neither deep scans nor negative positions.",
            f"{EB}eb-transform-target-input.html",
            "test_inputs_of_targets.py::test_what_eventbridge_refuses_is_refused",
        ),
        Fact(
            "A bus gets whole events, not parts.",
            "https://github.com/aws/aws-cdk/issues/30587",
            "test_inputs_of_targets.py::test_what_a_bus_gets_is_a_whole_event",
            "recorded",
        ),
        Fact(
            "A delivery that fails is tried again for 24 hours and up to 185 times.",
            f"{EB}eb-rule-retry-policy.html",
            f"{WAYS_TESTS}without_a_retry_policy_a_rule_tries_185_times_in_a_day",
        ),
        Fact(
            "A retry policy limits retries and age; the dead letter says which of them ended it.",
            f"{EB}eb-rule-dlq.html",
            f"{WAYS_TESTS}a_rule_gives_up_by_its_retry_policy",
        ),
        Fact(
            "A missing permission is not tried again.",
            f"{EB}eb-rule-dlq.html",
            f"{WAYS_TESTS}a_missing_permission_is_not_tried_again",
        ),
        Fact(
            "The waits between these retries double from 1 s to 8 minutes.",
            f"{EB}eb-rule-retry-policy.html",
            f"{WAYS_TESTS}a_rule_tries_again_until_its_target_can_be_reached",
            "assumed",
            "rule_retry_base",
        ),
    ),
    "SNS": (
        Fact(
            "A filter policy drops the messages that do not match, by their attributes or by their body.",
            f"{SNS}sns-message-filtering.html",
            "test_notifications.py::test_filter_policies_drop_what_they_do_not_want",
        ),
        Fact(
            "A delivery to a queue or a function is tried 100,015 times in 23 days: at once, then up to 20 s apart.",
            f"{SNS}sns-message-delivery-retries.html",
            f"{WAYS_TESTS}a_subscription_tries_again_in_phases",
        ),
        Fact(
            "What is given up goes to the dead-letter queue of the subscription, and is lost without one.",
            f"{SNS}sns-dead-letter-queues.html",
            f"{WAYS_TESTS}what_a_subscription_gives_up_goes_to_its_dead_letter_queue",
        ),
    ),
    "S3": (
        Fact(
            "A notification goes to functions, queues and topics by the event and the key.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
            "test_notifications.py::test_a_bucket_notifies_functions_queues_and_topics",
        ),
        Fact(
            "When a notification to a queue or topic is set up, S3 sends a test message, which has no Records.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html",
            "test_messages_of_s3.py::test_a_function_that_needs_records_has_it_dead_lettered",
        ),
        Fact(
            "With versions, a delete makes a delete marker, and S3 tells of it as ObjectRemoved:DeleteMarkerCreated.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
            "handlers/test_s3_versions.py::test_others_are_told_of_versions_and_markers",
        ),
        Fact(
            "S3 notifies neither FIFO queues nor FIFO topics.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
            "test_targets_that_are_refused.py::test_what_aws_refuses_is_no_simulation",
        ),
        Fact(
            "A notification that cannot be delivered is tried again for a day.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html",
            f"{WAYS_TESTS}a_notification_of_a_bucket_is_tried_again_for_a_day",
            "assumed",
            "notification_age",
        ),
    ),
    "API Gateway": (
        Fact(
            "A function error and a result in a wrong format are 502, a call that Lambda refuses is 500.",
            f"{DG}services-apigateway-errors.html",
            f"{REQUESTS_TESTS}a_function_error_and_a_wrong_format_are_502_at_a_rest_api",
        ),
        Fact(
            "A REST API waits 29 s and an HTTP API 30 s; the function runs on.",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
            f"{REQUESTS_TESTS}api_gateway_does_not_wait_for_a_slow_function_which_runs_on",
        ),
        Fact(
            "An HTTP API takes any JSON for the body of a response, if it has no statusCode.",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
            f"{REQUESTS_TESTS}an_http_api_infers_the_response_of_other_results",
        ),
        Fact(
            "A REST API passes a path and its parameters on as they are sent, and decodes the query.",
            RECORDED_APIS,
            f"{HTTP_TESTS}a_rest_api_passes_paths_on_as_they_are_sent",
            "recorded",
        ),
        Fact(
            "No field of a response is mandatory for a REST API; another field, status or list of values is 502.",
            RECORDED_APIS,
            f"{HTTP_TESTS}the_format_of_responses_of_rest_apis",
            "recorded",
        ),
        Fact(
            "A REST API decodes base64 only if the first type that is accepted is one of its binary media types.",
            RECORDED_APIS,
            f"{HTTP_TESTS}a_rest_api_decodes_a_response_if_the_first_type_that_is_accepted_is_binary",
            "recorded",
        ),
        Fact(
            "A URL answers with a text as it is, and with other results as JSON without spaces.",
            RECORDED,
            f"{HTTP_TESTS}the_response_of_a_url",
            "recorded",
        ),
        Fact(
            "An HTTP API with CORS answers the questions of browsers, and ignores the function's headers about that.",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
            f"{BEFORE_TESTS}an_http_api_answers_browsers_itself",
        ),
    ),
    "Functions": (
        Fact(
            "The end of the process is Runtime.ExitError, with the exit status if that is not 0.",
            RECORDED,
            f"{PROCESS_TESTS}what_ends_a_process_is_an_error_of_the_function",
            "recorded",
        ),
        Fact(
            "A start that takes more than 10 s begins again with the invocation, within the timeout.",
            f"{DG}lambda-runtime-environment.html",
            f"{PROCESS_TESTS}a_start_of_more_than_10_s_begins_again_within_the_timeout",
        ),
        Fact(
            "A response of more than 6,291,556 bytes is Function.ResponseSizeTooLarge.",
            RECORDED,
            "handlers/test_time_and_chance.py::test_the_size_of_a_response_is_that_of_utf_8",
            "recorded",
        ),
        Fact(
            "The runtime passes NaN and infinity on, which are no JSON.",
            "https://github.com/aws/aws-lambda-python-runtime-interface-client",
            f"{RESPONSE_TESTS}what_is_not_a_number_is_passed_on_as_text_that_is_no_json",
            "recorded",
        ),
        Fact(
            "After about 16 rounds of one chain Lambda stops the next invocation.",
            f"{DG}invocation-recursion.html",
            "invocation/test_handlers_that_send.py::test_lambda_counts_rounds_in_the_trace_header",
        ),
        Fact(
            "On Managed Instances the code runs on after the timeout.",
            f"{DG}lambda-managed-instances-execution-environment.html",
            f"{EDGES_TESTS}on_managed_instances_the_code_runs_on_after_the_timeout",
        ),
        Fact(
            "After a timeout the process starts again, and /tmp stays.",
            f"{DG}lambda-runtime-environment.html",
            "handlers/test_environments.py::test_after_a_timeout_the_process_starts_again_and_tmp_stays",
        ),
    ),
}
