"""The real CDK command line, at the version that package.json pins, against the local AWS.

Each call has a home folder of its own and sends nothing anywhere but to the local AWS: no telemetry, no
notices, no look-ups. It is silent unless it fails; then the error shows what it printed.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tools import node
from tools.local_aws import ACCOUNT, REGION, LocalAws, environment_without_aws


class CdkError(Exception):
    """A CDK command failed; the text is what it printed."""


def synth(
    app: Path,
    output: Path,
    *,
    environment: Mapping[str, str] | None = None,
    context: Mapping[str, str] | None = None,
) -> Path:
    """Synthesizes an app, run from the project's folder, so that its cdk.json holds.

    Args:
        app: The Python file that is the app, run by this process's Python.
        output: The folder for the cloud assembly.
        environment: Variables for the app, such as `CDK_VALIDATION`.
        context: Context values, which win over those in cdk.json.

    Returns:
        The assembly's folder.

    Raises:
        CdkError: The app failed, or what it made is not valid.
    """
    # One from an earlier run would be judged again, where this run validates nothing.
    (output / "validation-report.json").unlink(missing_ok=True)
    arguments = ["synth", *_app(app, output, context), "--quiet"]
    _run(arguments, folder=node.ROOT, environment=environment_without_aws() | dict(environment or {}))
    return output


def bootstrap(aws: LocalAws) -> None:
    """Prepares the local account for deployments, which each start and each reset undoes."""
    _run(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], environment=aws.environment())


def bootstrap_with_template(aws: LocalAws) -> None:
    """Does the same without the command line, which takes two seconds for it: its template is a file of its own."""
    stacks = aws.client("cloudformation")
    template = (node.ROOT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml").read_text()
    with suppress(stacks.exceptions.AlreadyExistsException):
        stacks.create_stack(StackName="CDKToolkit", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
    stacks.get_waiter("stack_create_complete").wait(StackName="CDKToolkit", WaiterConfig={"Delay": 1})


def deploy(aws: LocalAws, assembly: Path, *stacks: str) -> dict[str, dict[str, str]]:
    """Deploys stacks of a synthesized assembly, or all of them, without change sets, which take as long again.

    Returns:
        The stacks' outputs, by stack and name.
    """
    arguments = ["--app", str(assembly.resolve()), *(stacks or ["--all"]), "--method", "direct"]
    return _deploy(arguments, environment=aws.environment())


def deploy_app(
    aws: LocalAws,
    app: Path,
    *,
    environment: Mapping[str, str] | None = None,
    context: Mapping[str, str] | None = None,
) -> dict[str, dict[str, str]]:
    """Synthesizes and deploys an app in one command, which takes less time than two.

    Args:
        aws: Where to.
        app: As for `synth`.
        environment: As for `synth`.
        context: As for `synth`.

    Returns:
        The stacks' outputs, by stack and name.

    Raises:
        CdkError: The app failed, or was not deployed.
    """
    with tempfile.TemporaryDirectory(prefix="redrive-cdk-") as output:
        arguments = [*_app(app, Path(output), context), "--all"]
        return _deploy(arguments, folder=node.ROOT, environment=aws.environment() | dict(environment or {}))


def _deploy(
    arguments: list[str], *, environment: Mapping[str, str], folder: Path | None = None
) -> dict[str, dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="redrive-cdk-") as made:
        outputs = Path(made) / "outputs.json"
        options = ["--require-approval", "never", "--outputs-file", str(outputs)]
        _run(["deploy", *arguments, *options], environment=environment, folder=folder)
        found: dict[str, dict[str, str]] = json.loads(outputs.read_text()) if outputs.exists() else {}
        return found


def _app(app: Path, output: Path, context: Mapping[str, str] | None) -> list[str]:
    """The arguments that name an app, with its context and the folder for its assembly."""
    # With `exec` in front, since the command line takes a pair of quotes off what begins and ends with one.
    command = f"exec {shlex.join([sys.executable, str(app.resolve())])}"
    arguments = ["--app", command, "--output", str(output.resolve()), "--no-lookups"]
    for name, value in (context or {}).items():
        arguments += ["--context", f"{name}={value}"]
    return arguments


def _run(arguments: list[str], *, environment: Mapping[str, str], folder: Path | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix="redrive-cdk-") as home:
        settings = {
            "JSII_NODE": str(node.node_executable()),
            "CDK_HOME": home,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "CI": "true",
            "NODE_COMPILE_CACHE": str(node.ROOT / "build" / "node"),
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            [*node.command("cdk"), *arguments, "--no-notices", "--no-version-reporting"],
            # The default is a folder without a cdk.json: the CDK would run the app that one names.
            cwd=folder or home,
            env={**environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        raise CdkError(f"cdk {arguments[0]} failed with exit code {done.returncode}:\n\n{done.stdout}")
