"""How long importing the SQS helper takes, beside Powertools' batch utility.

    .venv/bin/python benchmarks/import_time.py

Each import runs in fresh processes under `python -X importtime`, in turn with the others, and counts the modules that a
bare interpreter has not loaded already. What is compared is what a function's module writes at its top.
"""

import statistics
import subprocess
import sys

RUNS = 21
POWERTOOLS = "Powertools batch"
STATEMENTS = {
    POWERTOOLS: "from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response",
    "redrive": "from redrive import Permanent, Retry, sqs_handler",
    "redrive, and what a first failure loads": "import redrive.sqs, redrive.sqs_settle, json, logging",
}


def modules(statement: str) -> dict[str, int]:
    """The modules that a process imports, with the microseconds that each takes by itself."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement], capture_output=True, text=True, check=True
    )
    found: dict[str, int] = {}
    for line in run.stderr.splitlines():
        if line.startswith("import time:") and "self [us]" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            found[name.strip()] = int(own)
    return found


def main() -> None:
    bare = modules("pass").keys()
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    counts: dict[str, int] = {}
    for _ in range(RUNS):
        for name, statement in STATEMENTS.items():
            loaded = {module: time for module, time in modules(statement).items() if module not in bare}
            counts[name] = len(loaded)
            times[name].append(sum(loaded.values()) / 1000)
    base = statistics.median(times[POWERTOOLS])
    print(f"import time, median of {RUNS} fresh processes each, Python {sys.version.split()[0]}")
    print(f"{'':<42}{'modules':>8}{'ms':>8}   beside Powertools")
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:<42}{counts[name]:>8}{median:>8.1f}   {median / base:.2f}")


if __name__ == "__main__":
    main()
