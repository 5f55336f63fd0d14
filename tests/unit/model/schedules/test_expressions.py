"""Schedule expressions of rules and of EventBridge Scheduler: what AWS takes, and when they fire."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model.schedules.errors import ScheduleError
from redrive_model.schedules.expressions import Service, check, read


def at(text: str) -> float:
    """Seconds since the epoch of a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def times(expression: str, after: str, count: int, service: Service = "events", zone: str = "UTC") -> list[str]:
    """The next times at which an expression fires, in UTC."""
    schedule, now, found = read(expression, service, zone), at(after), list[str]()
    for _ in range(count):
        then = schedule.after(now, at(after))
        if then is None:
            return [*found, "never"]
        found.append(datetime.fromtimestamp(then, UTC).strftime("%Y-%m-%d %H:%M"))
        now = then
    return found


#: Taken and refused by AWS, as LocalStack recorded (tests/aws/services/events/test_events_schedule.py and
#: tests/aws/services/scheduler/test_scheduler.py, commit 8b9a79f0).
TAKEN: list[tuple[Service, str]] = [
    ("events", "rate(1 minute)"),
    ("events", "rate(10 minutes)"),
    *(
        ("events", f"cron({fields})")
        for fields in (
            "0 2 ? * SAT *",
            "0 12 * * ? *",
            "5,35 14 * * ? *",
            "15 10 ? * 6L 2002-2005",
            "0 2 ? * SAT#3 *",
            "* * ? * SAT#3 *",
            "0/5 5 ? JAN 1-5 2022",
            "0 8 1 * ? *",
            "0/10 * ? * MON-FRI *",
            "0/5 8-17 ? * MON-FRI *",
            "0/30 20-23 ? * MON-FRI *",
        )
    ),
    *(
        ("scheduler", f"cron({fields})")
        for fields in (
            "0-15/1 8-8 ? * 2,3,4,5,6,7 *",
            "30-30 13-13 ? * 2,4,6 *",
            "1-31/30 1-1 ? * 1,7 *",
            "0 18 ? * MON-FRI *",
            "*/15 * * * ? *",
            "0-59/10 0-23/2 ? * * *",
        )
    ),
    ("scheduler", "rate(1 days)"),  # schedule-types.html
    ("scheduler", "at(2022-11-20T13:00:00)"),
]
NO_RATES = [
    *("rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)", "rate(10 minutess)", "rate(foo minutes)"),
    *("rate(0 minutes)", "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)"),
]
NO_CRONS = [
    *("cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)", "cron()"),
    "cron(71 8 1 * ? *)",
]
REFUSED: list[tuple[Service, str]] = [
    *(("events", each) for each in [*NO_RATES, *NO_CRONS]),
    *(("scheduler", each) for each in [*NO_RATES, *NO_CRONS]),
    *(("events", f"rate({each})") for each in ("1 minutes", "1 hours", "1 days", "10 minute", "10 hour", "10 day")),
    ("events", "rate(10 MINUTES)"),
    ("scheduler", "at(2021-12-31T23:59:59Z)"),
    ("scheduler", "at(2021-12-31)"),
    # The pages: rules have no `at`; `#` stands alone; fields have their values; years go up.
    ("events", "at(2022-11-20T13:00:00)"),
    ("scheduler", "at(2022-02-30T13:00:00)"),
    ("events", "cron(0 0 ? * 3#1,6#3 *)"),
    ("events", "cron(0 0 ? * 3#6 *)"),
    ("events", "cron(0 0 ? * ? *)"),
    ("events", "cron(0 24 * * ? *)"),
    ("events", "cron(0/0 1 * * ? *)"),
    ("events", "cron(0 1 0 * ? *)"),
    ("events", "cron(0 1 32W * ? *)"),
    ("events", "cron(0 1 ? * 8L *)"),
    ("events", "cron(0 1 * 13 ? *)"),
    ("events", "cron(0 1 * * ? 1969)"),
    ("events", "cron(0 1 * * ? 2030-2029)"),
    ("events", "cron(0 1 * * ?)"),
    ("events", "every day"),
]
#: Expression, a time, and the next times; the examples of the pages, and calendars. 2026-11-26 is a Thursday.
FIRES: list[tuple[str, str, list[str]]] = [
    ("rate(5 minutes)", "2026-11-26 20:00:30", ["2026-11-26 20:05", "2026-11-26 20:10"]),
    ("cron(0 10 * * ? *)", "2026-11-26 10:00", ["2026-11-27 10:00", "2026-11-28 10:00"]),
    ("cron(0 18 ? * MON-FRI *)", "2026-11-26 18:00", ["2026-11-27 18:00", "2026-11-30 18:00"]),
    ("cron(0/15 * * * ? *)", "2026-11-26 10:07", ["2026-11-26 10:15", "2026-11-26 10:30"]),
    ("cron(1/10 * * * ? *)", "2026-11-26 10:07", ["2026-11-26 10:11", "2026-11-26 10:21"]),
    ("cron(5,35 14 * * ? *)", "2026-11-26 14:05", ["2026-11-26 14:35", "2026-11-27 14:05"]),
    ("cron(15 10 ? * 6L 2019-2022)", "2021-12-01", ["2021-12-31 10:15", "2022-01-28 10:15"]),
    ("cron(15 10 ? * 6L 2019-2022)", "2022-12-30 10:14", ["2022-12-30 10:15", "never"]),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-27 02:00", ["2026-11-27 02:30", "2026-11-27 20:00"]),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-27 23:30", ["2026-11-30 00:00"]),
    ("cron(0 0 ? * 3#2 *)", "2026-11-01", ["2026-11-10 00:00", "2026-12-08 00:00"]),
    ("cron(0 0 ? * TUE#5 *)", "2026-11-26", ["2026-12-29 00:00", "2027-03-30 00:00"]),
    ("cron(0 0 ? * L *)", "2026-11-26", ["2026-11-28 00:00", "2026-12-05 00:00"]),
    ("cron(0 0 ? * FRI-MON *)", "2026-11-26", ["2026-11-27 00:00", "2026-11-28 00:00", "2026-11-29 00:00"]),
    ("cron(0 0 L * ? *)", "2027-01-31", ["2027-02-28 00:00", "2027-03-31 00:00"]),
    ("cron(0 0 29 2 ? *)", "2026-11-26", ["2028-02-29 00:00", "2032-02-29 00:00"]),
    ("cron(0 0 31 * ? *)", "2026-11-26", ["2026-12-31 00:00", "2027-01-31 00:00", "2027-03-31 00:00"]),
    ("cron(0 0 31 FEB ? *)", "2026-11-26", ["never"]),
    ("cron(0 0 1,15W * ? *)", "2026-11-26", ["2026-12-01 00:00", "2026-12-15 00:00", "2027-01-01 00:00"]),
    ("cron(0 0 15W AUG ? *)", "2026-01-01", ["2026-08-14 00:00", "2027-08-16 00:00"]),  # a Saturday, a Sunday
    ("cron(0 0 1W AUG ? *)", "2026-01-01", ["2026-08-03 00:00"]),  # not in July
    ("cron(0 0 31W JAN ? *)", "2027-01-01", ["2027-01-29 00:00"]),  # not in February
    ("cron(59 23 31 12 ? 2199)", "2026-11-26", ["2199-12-31 23:59", "never"]),
]


@pytest.mark.parametrize(("service", "expression"), TAKEN)
def test_it_takes_what_aws_takes(service: Service, expression: str) -> None:
    assert check(expression, service) is None


@pytest.mark.parametrize(("service", "expression"), REFUSED)
def test_it_refuses_what_aws_refuses_with_a_remedy(service: Service, expression: str) -> None:
    complaint = check(expression, service)
    assert complaint is not None
    assert complaint.rpartition("; ")[2].split()[0] in ("write", "give")
    with pytest.raises(ScheduleError):
        read(expression, service)


@pytest.mark.parametrize(("expression", "after", "expected"), FIRES)
def test_it_fires_at_the_next_times(expression: str, after: str, expected: list[str]) -> None:
    assert times(expression, after, len(expected)) == expected


def test_a_rate_of_scheduler_fires_at_its_start() -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: it "starts invoking immediately"."""
    schedule = read("rate(2 hours)", "scheduler")
    assert schedule.after(at("2026-11-26 10:00"), at("2026-11-26 12:00")) == at("2026-11-26 12:00")
    assert schedule.after(at("2026-11-26 12:00"), at("2026-11-26 12:00")) == at("2026-11-26 14:00")
    assert read("rate(2 hours)").after(at("2026-11-26 10:00"), at("2026-11-26 12:00")) == at("2026-11-26 14:00")


def test_a_schedule_can_be_in_a_time_zone() -> None:
    """The same page: a time that does not exist is skipped, one that exists twice counts once."""
    daily = "cron(30 2 * * ? *)"
    assert times(daily, "2026-03-07 00:00", 3, "scheduler", "America/Los_Angeles") == [
        "2026-03-07 10:30",
        "2026-03-09 09:30",  # 2:30 did not exist on the 8th
        "2026-03-10 09:30",
    ]
    assert times("cron(30 1 * * ? *)", "2026-10-31 12:00", 2, "scheduler", "America/Los_Angeles") == [
        "2026-11-01 08:30",  # the first 1:30
        "2026-11-02 09:30",
    ]
    once = "at(2022-11-20T13:00:00)"
    assert times(once, "2022-11-01", 2, "scheduler", "America/Los_Angeles") == ["2022-11-20 21:00", "never"]


def test_time_zones_are_those_of_scheduler() -> None:
    assert check("cron(0 1 * * ? *)", "scheduler", "Europe/Nowhere") == (
        "'Europe/Nowhere' is no time zone; give a name of the IANA database, such as Europe/Paris"
    )
    assert "rules are in UTC" in str(check("cron(0 1 * * ? *)", "events", "Europe/Paris"))


FIELD_OF = {"minutes": (0, 59), "hours": (0, 23), "days": (1, 31), "months": (1, 12), "weekdays": (1, 7)}


def field_of(name: str) -> st.SearchStrategy[tuple[str, set[int]]]:
    """A field as text, with its values."""
    least, most = FIELD_OF[name]
    values = st.integers(least, most)
    return st.one_of(
        st.just(("*", set(range(least, most + 1)))),
        st.sets(values, min_size=1, max_size=3).map(lambda each: (",".join(map(str, sorted(each))), each)),
        st.tuples(values, values).map(lambda ends: (f"{min(ends)}-{max(ends)}", set(range(min(ends), max(ends) + 1)))),
        st.tuples(values, st.integers(1, 20)).map(
            lambda step: (f"{step[0]}/{step[1]}", set(range(step[0], most + 1, step[1])))
        ),
    )


@given(
    *(field_of(name) for name in ("minutes", "hours", "days", "months", "weekdays")),
    st.booleans(),
    st.sampled_from(["UTC", "Europe/Paris", "America/Los_Angeles", "Asia/Kolkata"]),
    st.integers(int(at("2026-01-01")), int(at("2027-01-01"))),
)
def test_it_fires_when_a_walk_through_the_minutes_says(
    minutes: tuple[str, set[int]],
    hours: tuple[str, set[int]],
    days: tuple[str, set[int]],
    months: tuple[str, set[int]],
    weekdays: tuple[str, set[int]],
    by_weekday: bool,
    zone: str,
    moment: int,
) -> None:
    """Two days, minute by minute."""
    of_month, of_week = ("?", weekdays[0]) if by_weekday else (days[0], "?")
    schedule = read(f"cron({minutes[0]} {hours[0]} {of_month} {months[0]} {of_week} *)", "scheduler", zone)

    def fires(instant: datetime) -> bool:
        local = instant.astimezone(ZoneInfo(zone))
        is_day = local.isoweekday() % 7 + 1 in weekdays[1] if by_weekday else local.day in days[1]
        return (
            is_day
            and local.fold == 0
            and (local.minute in minutes[1])
            and local.hour in hours[1]
            and local.month in months[1]
        )

    now = datetime.fromtimestamp(moment, UTC)
    walk = (now.replace(second=0, microsecond=0) + timedelta(minutes=each) for each in range(1, 2 * 24 * 60))
    expected = next((each.timestamp() for each in walk if fires(each)), None)
    found = schedule.after(now.timestamp(), now.timestamp())
    if expected is None:
        assert found is None or found >= now.timestamp() + 2 * 86_400 - 60
    else:
        assert found == expected
