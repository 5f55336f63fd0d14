"""The demonstration: deploys app.py to a local AWS, sends it events, and accounts for each of them; then simulates it.

    make demo

In between, orders fail, are listed, and are replayed after the fix of their cause.

It ends with exit code 1 if an event is unaccounted for, or ended elsewhere than its kind should.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools import cdk
from tools.demo_invoices import Invocations, invocations
from tools.demo_queues import Consumer, consumers, disorder_of
from tools.demo_readings import Readings, readings
from tools.demo_replay import replay
from tools.demo_simulated import differences, simulate
from tools.demo_table import Ends, show
from tools.local_aws import LocalAws
from tools.node import ROOT
from tools.patience import SECONDS, Patience
from tools.progress import step

PAGE = ROOT / "build" / "timeline.html"


def main() -> None:
    """Runs the demonstration."""
    with tempfile.TemporaryDirectory(prefix="redrive-demo-") as folder:
        with step("synthesizing app.py"):
            assembly = cdk.synth(Path("app.py"), Path(folder) / "cdk.out")
        with step("starting the local AWS"):
            aws = LocalAws()
            aws.start()
        try:
            problems = run(aws, assembly)
        finally:
            aws.stop()
    if problems:
        sys.exit("\nNot as it should be:\n  " + "\n  ".join(problems))
    print("Every event is accounted for: processed, or kept with what has failed.")


def run(aws: LocalAws, assembly: Path) -> list[str]:
    """Deploys, sends, waits, and prints the tables. Returns what is not as it should be."""
    with step("cdk bootstrap"):
        cdk.bootstrap(aws)
    with step("cdk deploy"):
        outputs = cdk.deploy(aws, assembly)["RedriveShop"]
    orders, ledger = consumers(outputs)
    thermometers = readings(outputs)
    invoices = invocations(outputs)
    for consumer in (orders, ledger):
        with step(f"sending {len(consumer.samples)} messages to {consumer.name}"):
            consumer.send(aws)
    with step(f"putting {len(thermometers.readings)} records into Readings"):
        thermometers.send(aws)
    with step(f"invoking Invoices asynchronously with {len(invoices.invoices)} events"):
        invoices.send(aws)
    wait_until_ended(aws, (orders, ledger, thermometers, invoices))
    problems: list[str] = []
    deployed: dict[str, dict[str, Ends]] = {}
    for consumer in (orders, ledger):
        ends = deployed[consumer.name] = consumer.ends(aws)
        show(consumer.name, ends, tried="receive", failed="dead-lettered")
        problems += [f"{consumer.name}: {problem}" for end in ends.values() for problem in end.problems]
    disorder = disorder_of(aws, ledger)
    print(f"\nEach account's entries were booked in their order: {'no' if disorder else 'yes'}.")
    ends = deployed["Readings"] = thermometers.ends(aws)
    show("Readings", ends, tried="delivery", failed="set aside")
    problems += [f"Readings: {problem}" for end in ends.values() for problem in end.problems]
    mixed = thermometers.disorder(aws)
    print(f"\nEach sensor's readings were taken in their order: {'no' if mixed else 'yes'}.")
    ends = deployed["Invoices"] = invoices.ends(aws)
    show("Invoices", ends, tried="attempt", failed="failure queue")
    problems += [f"Invoices: {problem}" for end in ends.values() for problem in end.problems]
    print("(Attempts count from 0. Here Lambda's minutes between them are seconds.)")
    print("\nOrders fail again, are listed, and are brought back after the fix:\n")
    problems += replay(aws, orders)
    simulated = simulate(assembly, (orders, ledger), thermometers, invoices, PAGE)
    others = [each for name, ends in deployed.items() for each in differences(name, ends, simulated.ends[name])]
    print(f"Each event has ended there as it did here: {'no' if others else 'yes'}.\n")
    return problems + disorder + mixed + simulated.problems + others


def wait_until_ended(aws: LocalAws, parts: Sequence[Consumer | Readings | Invocations]) -> None:
    """Waits until every event is where it ends, and shows how far they are."""
    print("waiting until all have been processed or have failed for good:")
    started = time.monotonic()
    patience = Patience()
    while True:
        progress = [part.progress(aws) for part in parts]
        passed = time.monotonic() - started
        print(f"  {passed:3.0f} s  {'   '.join(said for _, said in progress)}", flush=True)
        if not any(left for left, _ in progress):
            return
        if patience.is_over(progress):
            print(f"  gave up: nothing has changed for {SECONDS} s")
            return
        time.sleep(3)


if __name__ == "__main__":
    main()
