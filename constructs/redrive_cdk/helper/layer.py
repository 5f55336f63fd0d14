"""`RuntimeLayer`: the runtime helpers as a Lambda layer."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from aws_cdk import Stack, Stage
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

import redrive_model
from redrive import settings
from redrive_cdk.core.known import runtime_of
from redrive_cdk.core.tree import node_of, once, path_of, stack_of

_ID = "RedriveRuntimeLayer"
_RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")

#: The folders of the layer. The settings are the part of `redrive` that constructs may import; their folder is in its.
PACKAGES = (Path(settings.__file__).parents[1], Path(redrive_model.__file__).parent)


class RuntimeLayer(lambda_.LayerVersion):
    """Lambda layer with the packages `redrive` and `redrive_model`, built without Docker.

    The layer contains the source files of the installed packages, so that it changes only when they change. They
    need only the standard library, and the boto3 of Lambda's Python runtimes.

    Args:
        scope: Scope of the construct.
        id: Construct id.

    Raises:
        ValueError: The scope is in no app or stage.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            code=lambda_.Code.from_asset(str(_staged(scope))),
            description="Failure handling for Lambda functions (redrive)",
            license="Apache-2.0",
            compatible_runtimes=list(_runtimes()),
        )
        self._attached: set[str] = set()

    @classmethod
    def of(cls, scope: IConstruct) -> RuntimeLayer:
        """Return the layer of a stack; the first call creates it.

        Args:
            scope: Any construct of the stack.

        Returns:
            The layer.
        """
        return _layer_of(stack_of(scope))

    def attach(self, function: lambda_.Function) -> None:
        """Add the layer to a function, once.

        Args:
            function: A function with a Python runtime.

        Raises:
            ValueError: The package does not support the function's Python version.
        """
        runtime, path = runtime_of(function), path_of(function)
        if runtime not in _RUNTIMES:
            raise ValueError(
                f"{path} runs on {runtime}, the redrive layer on {', '.join(_RUNTIMES)}: choose one of these, or "
                "set attach_layer=False and do without the helpers"
            )
        if path not in self._attached:
            self._attached.add(path)
            function.add_layers(self)


@cache
def _runtimes() -> tuple[lambda_.Runtime, ...]:
    """Return the runtimes; each of them is a question to the CDK."""
    runtime = lambda_.Runtime
    return runtime.PYTHON_3_11, runtime.PYTHON_3_12, runtime.PYTHON_3_13, runtime.PYTHON_3_14


@once
def _layer_of(stack: Stack) -> RuntimeLayer:
    found = node_of(stack).try_find_child(_ID)
    return found if isinstance(found, RuntimeLayer) else RuntimeLayer(stack, _ID)


def _staged(scope: Construct) -> Path:
    """Copy the packages to the folder `python`, where Lambda's Python runtimes search for modules.

    https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
    """
    stage = Stage.of(scope)
    if stage is None:
        raise ValueError(f"RuntimeLayer at {path_of(scope)!r} is in no app or stage: give it a scope within a stack")
    folder = Path(stage.outdir) / "redrive-runtime"
    for package in PACKAGES:
        _mirror(package, folder / "python" / package.name)
    return folder


def _mirror(source: Path, target: Path) -> None:
    """Make a folder equal to another one, without compiled files; files that are equal already are not written.

    The CDK remembers the hash of a file that is the same file as at the last synthesis.
    """
    target.mkdir(parents=True, exist_ok=True)
    wanted = {each.name: each for each in source.iterdir() if each.name != "__pycache__"}
    there = {each.name: each for each in target.iterdir()}
    for name in there.keys() - wanted.keys():
        shutil.rmtree(there[name]) if there[name].is_dir() else there[name].unlink()
    for name, each in wanted.items():
        if each.is_dir():
            _mirror(each, target / name)
        elif name not in there or there[name].read_bytes() != each.read_bytes():
            shutil.copy2(each, target / name)
