"""The helpers and the model as a layer: made once, the same each time, and importable where Lambda puts it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import AssetStaging, Stack, Stage
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, RootConstruct

import redrive
import redrive_model
from redrive_cdk import RuntimeLayer, SqsConsumer
from redrive_cdk.helper.layer import _staged as staged
from tests.support.constructs.cdk import ROOT, Synthesized, new_app, new_stack, python_function, warnings_of

PACKAGE = Path(redrive.__file__).parent
MODEL = Path(redrive_model.__file__).parent


@pytest.fixture
def whole_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer is made as users have it, of all files of the packages."""
    monkeypatch.setattr("redrive_cdk.helper.layer._staged", staged)


def layers_of(stack: Stack) -> list[str]:
    return list(Synthesized(stack).of_type("AWS::Lambda::LayerVersion"))


def asset_hash(stack: Stack) -> str:
    (layer,) = Synthesized(stack).of_type("AWS::Lambda::LayerVersion").values()
    return layer["Properties"]["Content"]["S3Key"].removesuffix(".zip")


def asset(stack: Stack) -> Path:
    """The folder that is zipped and uploaded."""
    stage = Stage.of(stack)
    assert stage is not None
    return Path(stage.outdir) / f"asset.{asset_hash(stack)}"


def hash_of_a_layer() -> str:
    stack = new_stack()
    RuntimeLayer.of(stack)
    return asset_hash(stack)


def test_a_stack_has_one_layer_for_all_its_functions() -> None:
    stack = new_stack()
    functions = [python_function(stack, f"Function{number}") for number in range(3)]
    for number, function in enumerate(functions):
        SqsConsumer(stack, f"Consumer{number}", function=function)
    (layer,) = layers_of(stack)
    for function in functions:
        assert Synthesized(stack).properties(function)["Layers"] == [{"Ref": layer}]


def test_a_function_of_two_sources_has_the_layer_once() -> None:
    stack = new_stack()
    function = python_function(stack)
    version = function.current_version
    SqsConsumer(stack, "Orders", function=function)
    SqsConsumer(stack, "Mails", function=version)
    assert len(Synthesized(stack).properties(function)["Layers"]) == 1


def test_the_users_own_layers_stay() -> None:
    stack = new_stack()
    own = lambda_.LayerVersion.from_layer_version_arn(stack, "Own", "arn:aws:lambda:eu-west-1:111111111111:layer:own:1")
    function = python_function(stack, layers=[own])
    SqsConsumer(stack, "Orders", function=function)
    (layer,) = layers_of(stack)
    assert Synthesized(stack).properties(function)["Layers"] == [own.layer_version_arn, {"Ref": layer}]


def test_a_function_can_do_without_it() -> None:
    stack = new_stack()
    function = python_function(stack)
    SqsConsumer(stack, "Orders", function=function, attach_layer=False)
    assert layers_of(stack) == []
    assert "Layers" not in Synthesized(stack).properties(function)


def container_image(scope: Construct) -> lambda_.Function:
    """A function whose code is an image: layers are for zip files."""
    repository = ecr.Repository(scope, "Repository")
    code = lambda_.DockerImageCode.from_ecr(repository)  # pyright: ignore[reportArgumentType]
    return lambda_.DockerImageFunction(scope, "Function", code=code)


def node_function(scope: Construct) -> lambda_.Function:
    return python_function(scope, runtime=lambda_.Runtime.NODEJS_22_X)


@pytest.mark.parametrize("make", [container_image, node_function])
def test_functions_that_cannot_use_it_do_without(make: Callable[[Construct], lambda_.Function]) -> None:
    stack = new_stack()
    function = make(stack)
    SqsConsumer(stack, "Orders", function=function)
    assert layers_of(stack) == []
    assert "REDRIVE_SQS_1" in Synthesized(stack).environment(function)


def test_a_container_image_is_said_to_need_the_package_in_it() -> None:
    stack = new_stack()
    function = container_image(stack)
    silent = SqsConsumer(stack, "Silent", function=function, attach_layer=False)
    assert "redrive:container-image" not in warnings_of(silent)
    consumer = SqsConsumer(stack, "Orders", function=function)
    assert "install the redrive package in the image" in warnings_of(consumer)["redrive:container-image"]


def test_it_is_made_once_also_where_it_is_asked_for() -> None:
    stack = new_stack()
    layer = RuntimeLayer.of(stack)
    assert RuntimeLayer.of(python_function(stack)) is layer
    assert len(layers_of(stack)) == 1


def test_it_runs_on_all_pythons_that_the_package_supports_and_lambda_has() -> None:
    stack = new_stack()
    RuntimeLayer(stack, "Layer")
    (layer,) = Synthesized(stack).of_type("AWS::Lambda::LayerVersion").values()
    assert layer["Properties"]["CompatibleRuntimes"] == ["python3.11", "python3.12", "python3.13", "python3.14"]
    assert layer["Properties"]["LicenseInfo"] == "Apache-2.0"


@pytest.mark.usefixtures("whole_layer")
def test_its_content_is_the_packages_where_lambda_looks_for_it(tmp_path: Path) -> None:
    stack = Stack(new_app(outdir=str(tmp_path)), "Stack")
    RuntimeLayer.of(stack)
    found = asset(stack)
    assert [path.name for path in found.iterdir()] == ["python"]
    package = found / "python" / "redrive"
    assert {path.relative_to(package) for path in package.rglob("*.py")} == {
        path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")
    }
    assert not list(found.rglob("__pycache__"))
    assert not list(found.rglob("*.pyc"))


@pytest.mark.usefixtures("whole_layer")
def test_helpers_and_model_can_be_imported_from_it(tmp_path: Path) -> None:
    stack = Stack(new_app(outdir=str(tmp_path)), "Stack")
    RuntimeLayer.of(stack)
    python = asset(stack) / "python"
    code = (
        f"import sys; sys.path.insert(0, {str(python)!r}); import redrive as r; print(r.sqs_handler, r.__file__); "
        "from redrive_model import findings as f; print(f.__file__)"
    )
    printed = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert str(python / "redrive" / "__init__.py") in printed
    assert str(python / "redrive_model" / "findings" / "__init__.py") in printed


@pytest.mark.usefixtures("whole_layer")
def test_its_hash_is_the_same_in_every_process() -> None:
    code = "from tests.unit.constructs.helper.test_layer import hash_of_a_layer; print(hash_of_a_layer())"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert printed.split()[-1] == hash_of_a_layer()


@pytest.fixture(params=[0, 1], ids=["redrive", "redrive_model"])
def package(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of two small packages, from which the layer is made."""
    packages = tuple(tmp_path / name for name in ("redrive", "redrive_model"))
    for each in packages:
        (each / "core").mkdir(parents=True)
        (each / "__init__.py").write_text(f'"""{each.name}"""\n')
        (each / "core" / "log.py").write_text("# written to each line\n")
    monkeypatch.setattr("redrive_cdk.helper.layer._staged", staged)
    monkeypatch.setattr("redrive_cdk.helper.layer.PACKAGES", packages)
    return packages[request.param]


def test_its_hash_does_not_depend_on_what_python_has_compiled(package: Path) -> None:
    before = hash_of_a_layer()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "sqs.cpython-314.pyc").write_bytes(b"compiled")
    assert hash_of_a_layer() == before


def test_its_hash_changes_with_the_source(package: Path) -> None:
    before = hash_of_a_layer()
    (package / "__init__.py").write_text((package / "__init__.py").read_text() + "\n# changed\n")
    assert hash_of_a_layer() != before


def test_what_was_removed_from_the_package_is_not_left_in_the_layer(package: Path) -> None:
    """The folder it is staged in is still there from the synthesis before."""
    outdir = str(package.parent / "cdk.out")
    (package / "old.py").write_text("")
    first = Stack(new_app(outdir=outdir), "Stack")
    RuntimeLayer.of(first)
    assert list(asset(first).rglob("old.py"))

    (package / "old.py").unlink()
    AssetStaging.clear_asset_hash_cache()  # as if in a new process
    second = Stack(new_app(outdir=outdir), "Stack")
    RuntimeLayer.of(second)
    assert not list(asset(second).rglob("old.py"))


def test_each_stack_has_a_layer_of_its_own_with_the_same_content() -> None:
    app = new_app()
    stacks = [Stack(app, name) for name in ("First", "Second")]
    for stack in stacks:
        SqsConsumer(stack, "Orders", function=python_function(stack))
    first, second = (asset_hash(stack) for stack in stacks)
    assert first == second


@pytest.mark.usefixtures("whole_layer")
def test_a_scope_outside_of_any_app_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="is in no app or stage: give it a scope within a stack"):
        RuntimeLayer(RootConstruct("Lost"), "Layer")
