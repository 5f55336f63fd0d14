"""Facts about streams and tables."""

from __future__ import annotations

from tests.support.simulator.delivery.fact import (
    BISECT_TESTS,
    DDB,
    DG,
    EDGES_TESTS,
    RECORDED,
    RECORDINGS_TEST,
    STREAM_TESTS,
    TABLE_TESTS,
    WINDOW_TESTS,
    Fact,
    Facts,
)

STREAMS: Facts = {
    "Streams": (
        Fact(
            "A failing batch is tried again until its retries or its age are used up, then the shard moves on.",
            f"{DG}kinesis-on-failure-destination.html",
            f"{STREAM_TESTS}a_failing_batch_is_tried_once_and_as_often_as_there_are_retries_then_the_shard_moves_on",
        ),
        Fact(
            "There were 8 attempts in about a minute; AWS does not publish the waits.",
            RECORDED,
            f"{STREAM_TESTS}unlimited_retries_within_a_minute_come_to_eight_or_nine",
            "assumed",
            "stream_retry_base",
        ),
        Fact(
            "Throttles are not counted as retries.",
            f"{DG}services-kinesis-parameters.html",
            f"{STREAM_TESTS}throttles_are_not_counted",
        ),
        Fact(
            "Of a batch in which some records are too old, only these are given up.",
            RECORDED,
            f"{STREAM_TESTS}only_the_expired_prefix_is_given_up",
            "recorded",
        ),
        Fact(
            "The lowest sequence number in a partial response is the checkpoint.",
            f"{DG}services-kinesis-batchfailurereporting.html",
            f"{STREAM_TESTS}the_response_names_the_checkpoint",
        ),
        Fact(
            "Progress gives a batch its retries back.",
            RECORDED,
            f"{STREAM_TESTS}progress_resets_the_budget",
            "recorded",
        ),
        Fact(
            "Bisecting a failing batch finds the bad record; without it, those behind are given up with it.",
            f"{DG}services-kinesis-parameters.html",
            f"{BISECT_TESTS}bisect_finds_the_bad_among_a_hundred",
        ),
        Fact(
            "A failing batch holds up its shard and no other.",
            f"{DG}with-kinesis.html",
            f"{STREAM_TESTS}a_failing_batch_holds_up_its_shard_and_no_other",
        ),
        Fact(
            "With ParallelizationFactor the order of each partition key is kept.",
            f"{DG}with-kinesis.html",
            f"{STREAM_TESTS}parallelization_makes_lanes_that_keep_the_order_of_each_key",
        ),
        Fact(
            "A bucket gets the records themselves.",
            f"{DG}kinesis-on-failure-destination.html",
            f"{STREAM_TESTS}s3_gets_the_records_themselves",
        ),
        Fact(
            "A tumbling window hands its state on, and ends with a call of its own.",
            f"{DG}services-kinesis-windows.html",
            f"{WINDOW_TESTS}a_tumbling_window_hands_its_state_on_and_ends_with_a_call_of_its_own",
        ),
        Fact(
            "A response without a state fails the invocation, and a state above 1 MB ends its window early.",
            f"{DG}services-kinesis-windows.html",
            f"{WINDOW_TESTS}a_state_of_more_than_a_megabyte_ends_the_window_early",
        ),
        Fact(
            "Records and what is said of failed ones have the recorded fields.", RECORDED, RECORDINGS_TEST, "recorded"
        ),
    ),
    "Tables": (
        Fact(
            "The view of a stream decides which images its records have.",
            f"{DDB}Streams.html",
            f"{TABLE_TESTS}the_view_says_which_images_there_are",
        ),
        Fact(
            "SizeBytes counts names and values of the keys and the images.",
            f"{DDB}CapacityUnitCalculations.html",
            f"{EDGES_TESTS}a_change_has_the_size_of_the_documented_examples",
        ),
        Fact(
            "An expired item is deleted by the service within days, and its record says so.",
            f"{DDB}time-to-live-ttl-streams.html",
            "test_notifications.py::test_an_expired_item_is_deleted_by_the_service_and_its_stream_says_so",
        ),
    ),
}
