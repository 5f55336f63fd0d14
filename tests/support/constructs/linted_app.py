"""Apps for the linters, which test_linters.py has synthesized in a process of their own.

`good` uses much of what `SqsConsumer` can do, `async` what `AsyncInvocation` can do, `streams` what the consumers of
streams can do, `idempotency` what `IdempotencyTable` can do, `circuits` what `CircuitBreaker` can do, each with a
`FailureDashboard` over it; `shop` is that of app.py. `bad` has what each linter is there to find. The validator of the
CDK is on, with its warnings as errors, and so are cdk-nag's packs. What they find is in
`good/validation-report.json` and that of `bad`, and the error of each in `errors.json`.
"""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, ServerlessChecks

from app import ShopStack
from redrive_cdk import FailureDashboard
from tests.support.constructs.cdk import CONTEXT
from tests.support.constructs.linted.acknowledged import leave_to_users
from tests.support.constructs.linted.asynchronous import asynchronous
from tests.support.constructs.linted.findings import bad
from tests.support.constructs.linted.queues import queues
from tests.support.constructs.linted.streams import streams
from tests.support.constructs.linted.tables import circuits, idempotency

#: Stacks that are synthesized together, by name.
GOOD = {
    "Queues": queues,
    "Async": asynchronous,
    "Streams": streams,
    "Idempotency": idempotency,
    "Circuits": circuits,
}


def main(folder: str) -> None:
    errors: dict[str, str | None] = {}
    for which in ("good", "bad"):
        try:
            synthesize(which, f"{folder}/{which}")
            errors[which] = None
        except Exception as error:
            errors[which] = str(error)
    (Path(folder) / "errors.json").write_text(json.dumps(errors), encoding="utf-8")


def synthesize(which: str, outdir: str) -> None:
    context = {**CONTEXT, "@aws-cdk/core:validateAgainstDefaultRules": True}
    app = App(context=context, outdir=outdir)
    if which == "bad":
        bad(Stack(app, "Stack"))
    else:
        ShopStack(app, "Shop")
        for name, fill in GOOD.items():
            stack = Stack(app, name)
            fill(stack)
            watch: list[Any] = [each for each in stack.node.children if hasattr(each, "dashboard_section")]
            FailureDashboard(stack, "Failures", watch=watch)
        leave_to_users(app)
        Validations.of(app).add_plugins(HIPAASecurityChecks(app), NIST80053R5Checks(app))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    app.synth()
