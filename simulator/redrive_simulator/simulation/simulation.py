"""Simulates a stack and its handlers in virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from redrive_model.resources.stack import stack_of
from redrive_model.resources.stream import StreamDefaults
from redrive_model.template.errors import TemplateError
from redrive_model.template.schemas import NOT_CHECKED, Refusal, refusals, schemas_are_installed
from redrive_model.template.template import Place, TemplateSource, opened
from redrive_simulator.arguments import check_function, check_type
from redrive_simulator.build import build
from redrive_simulator.engine.invocation import Handler
from redrive_simulator.engine.world import World
from redrive_simulator.errors import NotModelledError
from redrive_simulator.faults import FaultRule, PlannedFaults
from redrive_simulator.handlers.assets import AssetCode
from redrive_simulator.handlers.runtime import Runtime
from redrive_simulator.parameters import Parameters
from redrive_simulator.resources import Resources
from redrive_simulator.simulation.aws import Aws
from redrive_simulator.simulation.contents import contents_of, left_to_the_test
from redrive_simulator.simulation.events import Events
from redrive_simulator.simulation.requests import Requests
from redrive_simulator.simulation.state import State
from redrive_simulator.timeline.words import count


def minutes(number: float) -> float:
    """Convert minutes to seconds."""
    return number * 60


def hours(number: float) -> float:
    """Convert hours to seconds."""
    return number * 3600


def days(number: float) -> float:
    """Convert days to seconds."""
    return number * 86_400


class Options(NamedTuple):
    """The options that `from_template` and `from_assembly` share; see there."""

    seed: int | str
    parameters: Parameters | None
    template_parameters: Mapping[str, Any] | None
    strict: bool
    echo: bool
    allow_network: bool


def _raise_first(refused: Iterable[Refusal]) -> None:
    for each in refused:
        raise TemplateError(each.sentence)


class Simulation(Events, Requests, State, Aws, PlannedFaults):
    """Simulates Lambda and its event sources, from an event to the handler, in virtual time. Made by `from_template`.

    Times are in seconds from the simulation's start. Names are logical ids, with or without the CDK's hash, construct
    paths, or an ending that only one of them has. The template, the handlers, the events sent and the seed fully
    determine the history.

    Attributes:
        not_modelled: Parts of the template that are not simulated, each with its logical id; and those that handlers
            find only if the test puts them there.
        not_checked: Checks that AWS makes at a deployment and that were not made, each with the reason.
    """

    def __init__(self, template: TemplateSource, handlers: Mapping[str, Handler], options: Options) -> None:
        check_type("handlers", handlers, Mapping, "give a dictionary of functions by name")
        check_type("parameters", options.parameters, Parameters, "give Parameters(…)")
        values = options.template_parameters
        check_type("template_parameters", values, Mapping, "give a dictionary of values by name")
        parameters = options.parameters or Parameters()
        open_template = opened(
            template, Place(parameters.region, parameters.account), options.template_parameters or {}
        )
        self.not_checked: tuple[str, ...] = () if schemas_are_installed() else (NOT_CHECKED,)
        refused = list(refusals(open_template, parameters.region))
        _raise_first(each for each in refused if each.is_basic)
        self._template = open_template.read()
        defaults = StreamDefaults(
            on_demand_shards=parameters.on_demand_shards,
            dynamodb_shards=parameters.dynamodb_shards,
            dynamodb_retention=parameters.dynamodb_retention,
        )
        stack = stack_of(self._template, defaults)
        contents = contents_of(open_template)
        left = tuple(left_to_the_test(open_template, contents))
        named = [each.text for each in stack.not_modelled if not any(text.startswith(each.text) for text in left)]
        self.not_modelled: tuple[str, ...] = (*named, *left)
        serious = [each.text for each in stack.not_modelled if each.matters]
        if options.strict and serious:
            _raise_first(refused)  # a misspelt property is not modelled either, and `strict=False` is no remedy for it
            raise NotModelledError(serious)
        world, resources = World(parameters, options.seed), Resources()
        runtime = Runtime(world, resources, options.seed, echo=options.echo, allow_network=options.allow_network)
        super().__init__(world, resources, runtime)
        build(stack, world, resources, self._runtime)
        for content in contents.values():
            self._runtime.calls.others.add(*content)
        _raise_first(refused)  # after the rules of the model, whose sentences say more
        for name, handler in handlers.items():
            if not callable(handler):
                raise TypeError(f"handlers[{name!r}] is {handler!r}: give the function itself")
            resources.functions.find(name).handler = handler

    def __repr__(self) -> str:
        return f"<Simulation at {self.now:g} s: {count(len(self.timeline.events), 'event')}>"

    @classmethod
    def from_template(
        cls,
        template: TemplateSource,
        handlers: Mapping[str, Handler] | None = None,
        *,
        seed: int | str = 0,
        parameters: Parameters | None = None,
        template_parameters: Mapping[str, Any] | None = None,
        strict: bool = True,
        echo: bool = True,
        allow_network: bool = False,
        default_handler: Handler | None = None,
    ) -> Simulation:
        """Simulate a template.

        Args:
            template: The template: a dictionary, the path of a file in JSON or YAML, or `aws_cdk.assertions.Template`.
                SAM templates and loops (`Fn::ForEach`) are written out first.
            handlers: Handlers by the names of their functions. A function without a handler must not be invoked.
                Default: none.
            seed: Seed of all random numbers. The same seed gives the same history. Default: 0.
            parameters: Values for behavior that AWS leaves open. Default: `Parameters()`.
            template_parameters: Values for the template's parameters. Default: their own defaults.
            strict: Whether to raise an error if the template contains parts that are not modelled and may change the
                outcome. `not_modelled` lists all such parts in any case. Default: yes.
            echo: Whether to print the output of handlers, in addition to keeping it in `function(name).log`. Default:
                yes.
            allow_network: Whether handlers may connect to other machines. Calls of AWS never leave the simulation.
                Default: no; such a connection raises an error.
            default_handler: Handler of the functions that are not in `handlers`, such as a stand-in for functions in
                other languages. Default: none.

        Returns:
            The simulation, at time 0.

        Raises:
            ImportError: The library for a template in YAML or SAM is not installed.
            NotModelledError: See `strict`.
            TemplateError: The template cannot be read, or AWS would refuse to deploy it or a value in
                `template_parameters`. Properties are checked against CloudFormation's schemas if the extra `schemas`
                is installed; if not, `not_checked` says so.
            TypeError: A handler is not callable, or another argument is of a wrong type.
            UnknownNameError: A handler is for a function that the template does not have.
        """
        check_function("default_handler", default_handler)
        options = Options(seed, parameters, template_parameters, strict, echo, allow_network)
        simulation = cls(template, handlers or {}, options)
        for function in simulation._resources.functions.values():
            function.handler = function.handler or default_handler
        return simulation

    @classmethod
    def from_assembly(
        cls,
        folder: str | Path,
        stack: str | None = None,
        handlers: Mapping[str, Handler] | None = None,
        *,
        seed: int | str = 0,
        parameters: Parameters | None = None,
        template_parameters: Mapping[str, Any] | None = None,
        strict: bool = True,
        echo: bool = True,
        allow_network: bool = False,
        default_handler: Handler | None = None,
    ) -> Simulation:
        """Simulate a stack of a cloud assembly (the output of `cdk synth`) with the code of its functions.

        Each execution environment of a function imports the handler from the function's asset, at its first invocation
        and in virtual time, into a set of modules of its own. Everything else comes from this Python environment.

        Args:
            folder: Folder of the assembly, such as `cdk.out`.
            stack: Name of the stack. Default: the only one.
            handlers: Handlers that replace those of the assets. Default: none.
            seed: As in `from_template`.
            parameters: As in `from_template`.
            template_parameters: As in `from_template`.
            strict: As in `from_template`.
            echo: As in `from_template`.
            allow_network: As in `from_template`.
            default_handler: Handler of the functions that are not in `handlers` and whose code cannot run here: in
                another language, a container image, or not in the assembly. Default: none.

        Returns:
            The simulation, at time 0.

        Raises:
            AssemblyError: The assembly or the stack does not exist.
            NotModelledError: As in `from_template`.
            TemplateError: As in `from_template`.
            TypeError: As in `from_template`.
            UnknownNameError: As in `from_template`.
        """
        from redrive_model.template.assembly import Assembly

        check_type("folder", folder, (str, Path), "give the folder that `cdk synth` writes")
        check_type("stack", stack, str, "give the name of a stack, and the handlers as handlers=")
        check_function("default_handler", default_handler)
        assembly = Assembly(Path(folder))
        options = Options(seed, parameters, template_parameters, strict, echo, allow_network)
        simulation = cls(assembly.template_of(stack), handlers or {}, options)
        for logical_id, function in simulation._resources.functions.items():
            if function.handler is None:
                metadata = simulation._template.resources[logical_id].metadata
                code = AssetCode(assembly, function.spec, metadata)
                if default_handler is not None and not code.can_run:
                    function.handler = default_handler
                else:
                    function.code = code
        return simulation

    def _fault(self, function: str, rule: FaultRule) -> None:
        self._resources.functions.find(function).faults.append(rule)

    def _delivery_fault(self, target: str, rule: FaultRule) -> None:
        self._world.delivery_faults.setdefault(self._resources.target(target), []).append(rule)

    @property
    def _chance(self) -> Random:
        return self._world.chance
