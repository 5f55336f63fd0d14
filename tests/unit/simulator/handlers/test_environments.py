"""Handlers from an assembly run in execution environments, as Lambda's bootstrap runs them; nothing of them is left."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from redrive_simulator import NotSimulatedError, Outcome, Parameters, Simulation
from tests.support.simulator.simulations import function, resource, template

RUNTIME = {"Runtime": "python3.13", "Handler": "orders.handler", "Timeout": 5}


def assembly(folder: Path, code: dict[str, str] | None, **more: Any) -> Path:
    """A cloud assembly with one stack, whose functions `One` and `Two` have the same code."""
    properties = {**RUNTIME, **more}
    if code is not None:
        for name, text in code.items():
            file = folder / "asset.1" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        properties["Code"] = {"S3Bucket": "assets", "S3Key": "1.zip"}
    stack = template(
        One=function(**properties),
        Two=function(**properties, ReservedConcurrentExecutions=1),
        Version=resource("AWS::Lambda::Version", FunctionName={"Ref": "One"}),
        Alias=resource(
            "AWS::Lambda::Alias",
            FunctionName={"Ref": "One"},
            FunctionVersion={"Fn::GetAtt": ["Version", "Version"]},
            Name="live",
        ),
    )
    (folder / "Shop.template.json").write_text(json.dumps(stack))
    files = {"1": {"source": {"path": "asset.1"}}}
    (folder / "Shop.assets.json").write_text(json.dumps({"files": files}))
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Shop.template.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Shop": artifact}}))
    return folder


def answers(folder: Path, code: dict[str, str], *names: str, **more: Any) -> list[Any]:
    simulation = Simulation.from_assembly(assembly(folder, code, **more), echo=False)
    return [simulation.invoke(name).payload for name in names]


COUNTING = "calls = []\ndef handler(event, context):\n    calls.append(1)\n    return len(calls)\n"


def test_an_environment_keeps_its_modules_and_each_function_and_simulation_has_its_own(tmp_path: Path) -> None:
    assert answers(tmp_path, {"orders.py": COUNTING}, "One", "One", "Two") == [1, 2, 1]
    assert answers(tmp_path, {"orders.py": COUNTING}, "One") == [1]
    assert "orders" not in sys.modules
    assert not any(str(tmp_path) in each for each in sys.path)


def test_concurrent_invocations_run_in_environments_of_their_own(tmp_path: Path) -> None:
    code = {
        "orders.py": "import time\n"
        + COUNTING.replace("    return", "    time.sleep(1)\n    print(len(calls))\n    return")
    }
    simulation = Simulation.from_assembly(assembly(tmp_path, code), echo=False)
    for at in (0, 0, 2):
        simulation.invoke("One", asynchronous=True, at=at)
    simulation.run()
    assert simulation.function("One").log == [(1, "1"), (1, "1"), (3, "2")]


def test_a_module_that_is_first_imported_in_the_handler_is_found_and_files_beside_it(tmp_path: Path) -> None:
    code = {
        "orders.py": "import pathlib\ndef handler(event, context):\n    from shop import prices\n"
        "    return [prices.one, pathlib.Path('data.txt').read_text()]",
        "shop/__init__.py": "",
        "shop/prices.py": "one = 1",
        "data.txt": "beside",
    }
    before = Path.cwd()
    assert answers(tmp_path, code, "One", "One") == [[1, "beside"]] * 2
    assert Path.cwd() == before


def test_a_cold_start_takes_virtual_time_before_the_timeout_counts(tmp_path: Path) -> None:
    code = {
        "orders.py": "import time\ntime.sleep(4)\n"
        "def handler(event, context):\n    return context.get_remaining_time_in_millis()"
    }
    simulation = Simulation.from_assembly(assembly(tmp_path, code), parameters=Parameters(cold_start=2))
    assert [simulation.invoke("One").payload for _ in range(2)] == [5000, 5000]
    assert [entry.duration for entry in simulation.timeline.attempts] == [6, 0]


def test_after_a_timeout_the_process_starts_again_and_tmp_stays(tmp_path: Path) -> None:
    code = {
        "orders.py": "import os, time\ncalls = []\ndef handler(event, context):\n    calls.append(1)\n"
        "    found = os.path.exists('/tmp/mark')\n    open('/tmp/mark', 'w').close()\n"
        "    if event:\n        time.sleep(60)\n    return [len(calls), found]\n"
    }
    simulation = Simulation.from_assembly(assembly(tmp_path, code), echo=False)
    assert simulation.invoke("One").payload == [1, False]
    assert simulation.invoke("One", "slow").function_error == "Unhandled"
    assert simulation.invoke("One").payload == [1, True]
    assert simulation.invoke("Two").payload == [1, False]
    assert not Path("/tmp/mark").exists()


def test_tmp_belongs_to_the_environment_for_pathlib_and_tempfile_too(tmp_path: Path) -> None:
    code = {
        "orders.py": "import pathlib, tempfile, shutil, os\ndef handler(event, context):\n"
        "    p = pathlib.Path('/tmp/a/b.txt')\n    p.parent.mkdir(exist_ok=True)\n    p.write_text('x')\n"
        "    shutil.copy(p, '/tmp/c.txt')\n    os.rename('/tmp/c.txt', '/tmp/d.txt')\n"
        "    with tempfile.NamedTemporaryFile() as file:\n        assert os.path.exists(file.name)\n"
        "    return [sorted(os.listdir('/tmp')), pathlib.Path('/tmp/d.txt').read_text()]\n"
    }
    before = tempfile.gettempdir()
    assert answers(tmp_path, code, "One") == [[["a", "d.txt"], "x"]]
    assert not Path("/tmp/a/b.txt").exists()
    assert tempfile.gettempdir() == before


ARCHIVES = """
import bz2, os, tarfile
def handler(event, context):
    with bz2.open("/tmp/redrive-x.bz2", "wb") as file:
        file.write(b"x")
    with tarfile.open("/var/..//tmp/redrive-x.tar", "w") as archive:
        archive.add("/tmp/redrive-x.bz2")
    os.chdir("/tmp")
    with open("redrive-relative", "w") as file:
        file.write("x")
    assert os.statvfs("/tmp/redrive-x.tar").f_bsize
    return sorted(os.listdir("/tmp"))
"""


@pytest.mark.parametrize("is_first", [True, False], ids=["imported in the handler", "imported before"])
def test_tmp_belongs_to_the_environment_however_a_library_has_bound_open(
    tmp_path: Path, is_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_first:
        monkeypatch.delitem(sys.modules, "tarfile", raising=False)
    else:
        import tarfile  # noqa: F401  # pyright: ignore[reportUnusedImport]
    names = ["redrive-relative", "redrive-x.bz2", "redrive-x.tar"]
    assert answers(tmp_path, {"orders.py": ARCHIVES}, "One", "Two", Handler="orders.handler") == [names, names]
    assert not [name for name in names if (Path("/tmp") / name).exists()]
    with sys.modules["tarfile"].open(tmp_path / "after.tar", "w") as archive:  # type: ignore[attr-defined]
        archive.add(__file__)
    assert (tmp_path / "after.tar").exists()


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("import nothing_like_it", "orders.handler", "Runtime.ImportModuleError", "Unable to import module 'orders'"),
        ("", "order.handler", "Runtime.ImportModuleError", "Unable to import module 'order': No module named 'order'"),
        ("", "orders.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'orders'"),
        ("", "orders", "Runtime.MalformedHandlerName", "Bad handler 'orders'"),
        ("def", "orders.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'orders'"),
        ("1 / 0", "orders.handler", "ZeroDivisionError", "division by zero"),
    ],
)
def test_code_that_cannot_be_loaded_is_an_error_of_the_function(
    tmp_path: Path, code: str, handler: str, kind: str, message: str
) -> None:
    simulation = Simulation.from_assembly(assembly(tmp_path, {"orders.py": code}, Handler=handler), echo=False)
    simulation.invoke("One", asynchronous=True)
    simulation.run()
    (ended,) = simulation.ended
    assert ended.outcome is Outcome.DROPPED
    assert f"{kind}: {message}" in ended.reason
    assert any(f"[ERROR] {kind}: {message}" in line for _, line in simulation.function("One").log)


@pytest.mark.parametrize("more", [{"Runtime": "nodejs22.x"}, {"PackageType": "Image"}], ids=["node", "image"])
def test_a_function_that_cannot_run_here_is_missed_when_it_is_invoked_and_takes_a_stand_in(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    folder = assembly(tmp_path, {"orders.js": ""}, **more)
    simulation = Simulation.from_assembly(folder)
    simulation.invoke("One", asynchronous=True)
    with pytest.raises(
        NotSimulatedError, match=r"function 'One' runs .*handlers=\{'One': stand_in\}, or default_handler="
    ):
        simulation.run()
    other = Simulation.from_assembly(folder, handlers={"One": lambda event, context: "given"}, default_handler=named)
    assert [other.invoke(name).payload for name in ("One", "Two")] == ["given", "Two"]


def named(event: Any, context: Any) -> str:
    return str(context.function_name)


def test_a_template_takes_a_default_handler() -> None:
    simulation = Simulation.from_template(template(One=function()), default_handler=named)
    assert simulation.invoke("One").payload == "One"


VARIABLES = (
    "import os, time, datetime\ndef handler(event, context):\n"
    "    return [os.environ.get(name) for name in event or ()] or [time.tzname[0], datetime.datetime.now().hour]\n"
)


def test_a_function_has_the_variables_of_lambda_and_not_those_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    simulation = Simulation.from_assembly(assembly(tmp_path, {"orders.py": VARIABLES}))
    names = ["AWS_PROFILE", "AWS_EXECUTION_ENV", "TZ", "AWS_LAMBDA_FUNCTION_VERSION", "_HANDLER"]
    expected = [None, "AWS_Lambda_python3.13", ":UTC", "$LATEST", "orders.handler"]
    assert simulation.invoke("One", names).payload == expected
    assert simulation.invoke("One:live", names).payload == [*expected[:3], "1", expected[4]]
    assert simulation.invoke("One").payload == ["UTC", 12]
    assert (os.environ["AWS_PROFILE"], time.tzname[0]) == ("production", "JST")
    monkeypatch.delenv("TZ")
    time.tzset()


SETTING = """
import logging, socket
logging.basicConfig(level=logging.DEBUG, force=True)
socket.setdefaulttimeout(7)
def handler(event, context):
    logging.getLogger("orders").debug("seen")
    root = logging.getLogger()
    return [root.level, len(root.handlers), socket.getdefaulttimeout()]
"""


def test_what_code_sets_for_its_process_is_kept_for_it_and_gone_elsewhere(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), socket.getdefaulttimeout())
    simulation = Simulation.from_assembly(
        assembly(tmp_path, {"orders.py": SETTING}), handlers={"Two": levels}, echo=False
    )
    assert [simulation.invoke("One").payload for _ in range(2)] == [[10, 1, 7]] * 2
    assert [line for _, line in simulation.function("One").log] == ["DEBUG:orders:seen"] * 2
    assert simulation.invoke("Two").payload == [before[0], before[2]]
    assert (root.level, list(root.handlers), socket.getdefaulttimeout()) == before


def levels(event: Any, context: Any) -> list[Any]:
    return [logging.getLogger().level, socket.getdefaulttimeout()]


def test_what_a_handler_of_the_test_sets_is_gone_with_the_run(caplog: pytest.LogCaptureFixture) -> None:
    def work(event: Any, context: Any) -> int:
        root = logging.getLogger()
        if event == "first":
            root.handlers.clear()
            root.setLevel(logging.ERROR)
        return root.level

    simulation = Simulation.from_template(template(Function=function()), {"Function": work})
    assert [simulation.invoke("Function", each).payload for each in ("first", "second")] == [logging.ERROR] * 2
    assert caplog.handler in logging.getLogger().handlers
    assert logging.getLogger().level != logging.ERROR


def test_variables_that_a_handler_sets_are_gone_with_the_run() -> None:
    def handler(event: Any, context: Any) -> None:
        os.environ["OF_A_HANDLER"] = "1"

    Simulation.from_template(template(One=function()), {"One": handler}).invoke("One")
    assert "OF_A_HANDLER" not in os.environ


def test_aliases_and_versions_appear_in_the_context_and_in_records(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def handler(event: Any, context: Any) -> None:
        seen.append((context.function_version, context.invoked_function_arn.rpartition(":")[2]))
        raise ValueError

    stack = json.loads((assembly(tmp_path, None) / "Shop.template.json").read_text())
    stack["Resources"]["Failures"] = resource("AWS::SQS::Queue")
    stack["Resources"]["Config"] = resource(
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": "One"},
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
    )
    stack["Resources"]["Config"]["DependsOn"] = "Alias"
    simulation = Simulation.from_template(stack, {"One": handler})
    simulation.invoke("One:live", asynchronous=True)
    simulation.invoke("One:1")
    simulation.run()
    assert sorted(seen) == [("1", "1"), ("1", "live")]
    (record,) = simulation.queue("Failures").bodies
    assert record["responseContext"]["executedVersion"] == "1"
    assert record["requestContext"]["functionArn"].endswith(":live")
