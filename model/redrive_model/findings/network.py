"""Finds out which AWS services a function in a VPC can reach."""

from __future__ import annotations

from collections.abc import Iterable

from redrive_model.resources.stack import Stack
from redrive_model.template.template import Resource

_EVERYWHERE = ("0.0.0.0/0", "::/0")


class Network:
    """The subnets of a stack, with their routes and endpoints."""

    def __init__(self, stack: Stack) -> None:
        self._subnets = {each.reference: each for each in _of(stack, "AWS::EC2::Subnet")}
        self._tables = {
            str(each.properties.get("SubnetId")): str(each.properties.get("RouteTableId"))
            for each in _of(stack, "AWS::EC2::SubnetRouteTableAssociation")
        }
        gateways = {each.reference for each in _of(stack, "AWS::EC2::InternetGateway")}
        # A function has no public address, so that a route to an internet gateway leads it nowhere.
        self._ways_out = {
            str(each.properties.get("RouteTableId"))
            for each in _of(stack, "AWS::EC2::Route")
            if {
                each.properties.get("DestinationCidrBlock"),
                each.properties.get("DestinationIpv6CidrBlock"),
            }.intersection(_EVERYWHERE)
            and each.properties.get("GatewayId") not in gateways
        }
        self._endpoints = [
            (str(each.properties.get("VpcId")), str(each.properties.get("ServiceName")).rpartition(".")[2])
            for each in _of(stack, "AWS::EC2::VPCEndpoint")
        ]

    def out_of_reach(self, subnets: Iterable[str], services: Iterable[str]) -> tuple[str, ...]:
        """Return the services that cannot be reached from any of these subnets; none if a subnet is not known."""
        ids = tuple(subnets)
        known = [self._subnets[each] for each in ids if each in self._subnets]
        if not known or len(known) < len(ids) or any(map(self._leads_out, ids)):
            return ()
        vpcs = {str(each.properties.get("VpcId")) for each in known}
        reached = {service for vpc, service in self._endpoints if vpc in vpcs}
        return tuple(each for each in services if each not in reached)

    def _leads_out(self, subnet: str) -> bool:
        table = self._tables.get(subnet)
        return table is None or table in self._ways_out  # without a table of its own: the VPC's, which is not known


def _of(stack: Stack, kind: str) -> list[Resource]:
    return [each for each in stack.others if each.kind == kind]
