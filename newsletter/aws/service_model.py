"""Service model: parses and validates requests to an AWS service by the model that botocore carries of it.

boto3 makes its requests by the same model, so a server that answers by it cannot drift from what boto3 sends.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore import model
from botocore.loaders import Loader
from botocore.validate import ParamValidator

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class BadRequest(Exception):
    """A request that the service would refuse as malformed."""


class ServiceModel:
    """The operations of one service that uses the rest-json protocol."""

    def __init__(self, description: Any) -> None:
        self._model = description
        self._validator = ParamValidator()
        endpoints = [(name, description.operation_model(name).http) for name in description.operation_names]
        self._routes = [(http["method"], _pattern(http["requestUri"]), name) for name, http in endpoints]
        self._fixed_routes = {
            (http["method"], http["requestUri"]): name for name, http in endpoints if "{" not in http["requestUri"]
        }

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations."""
        return tuple(self._model.operation_names)

    def route(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the operation that a request is, and the parameters in its path; None for no operation."""
        if name := self._fixed_routes.get((method, path)):
            return name, {}
        for wanted, pattern, name in self._routes:
            if method == wanted and (match := pattern.fullmatch(path)):
                return name, {key: unquote(value) for key, value in match.groupdict().items()}
        return None

    def input_shape(self, operation: str) -> Any:
        """Return botocore's shape of an operation's request; None if it has no members."""
        return self._model.operation_model(operation).input_shape

    def output_members(self, operation: str) -> frozenset[str]:
        """Return the names of the members that an operation's response may have."""
        shape = self._model.operation_model(operation).output_shape
        return frozenset(shape.members if shape else ())

    def parse_request(self, operation: str, path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Return a request's members as boto3's caller gave them; BadRequest says what is wrong with it."""
        shape = self.input_shape(operation)
        if shape is None:
            return {}
        values, parameters = _json_object(body), parse_qs(query, keep_blank_values=True)
        members = {}
        for name, member in shape.members.items():
            location, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
            if location == "uri":
                members[name] = path[wire_name]
            elif location == "querystring" and wire_name in parameters:
                members[name] = _from_query(member, parameters[wire_name])
            elif location is None and values.get(wire_name) is not None:
                members[name] = _from_json(member, values.pop(wire_name), name)
        unknown = {name for name, value in values.items() if value is not None} - set(members)
        if unknown:
            raise BadRequest(f"unknown members: {', '.join(sorted(unknown))}")
        report = self._validator.validate(members, shape)
        if report.has_errors():
            raise BadRequest(report.generate_report())
        _check_limits(shape, members, "")
        return members


@cache
def load_service_model(service: str) -> ServiceModel:
    """Return botocore's model of `service`, such as "sesv2"; loaded once."""
    return ServiceModel(model.ServiceModel(Loader().load_service_model(service, "service-2"), service))


def _pattern(uri: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(uri.partition("?")[0])) + "/?")


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRequest("the body is not an object")
    return value


def _from_query(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "list":
        return values
    if shape.type_name in _NUMBERS:
        return _number(shape, values[0])
    return _datetime(values[0]) if shape.type_name == "timestamp" else values[0]


def _from_json(shape: Any, value: Any, where: str) -> Any:
    """Return a value as the model means it: blobs as bytes, timestamps as datetimes, the rest as it is."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: _from_json(shape.members[name], inner, f"{where}.{name}") if name in shape.members else inner
            for name, inner in value.items()
            if inner is not None
        }
    if kind == "list" and isinstance(value, list):
        return [_from_json(shape.member, inner, f"{where}[{index}]") for index, inner in enumerate(value)]
    if kind == "map" and isinstance(value, dict):
        return {name: _from_json(shape.value, inner, f"{where}.{name}") for name, inner in value.items()}
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError as error:
            raise BadRequest(f"{where} is not base64") from error
    return _datetime(value) if kind == "timestamp" else value


def _check_limits(shape: Any, value: Any, where: str) -> None:
    """Check what botocore leaves to the service: upper limits, enumerations and patterns."""
    kind = shape.type_name
    if kind == "structure":
        for name, inner in value.items():
            _check_limits(shape.members[name], inner, f"{where}.{name}")
    elif kind == "list":
        for index, inner in enumerate(value):
            _check_limits(shape.member, inner, f"{where}[{index}]")
    elif kind == "map":
        for name, inner in value.items():
            _check_limits(shape.value, inner, f"{where}.{name}")
    limits = shape.metadata
    size = value if kind in _NUMBERS else len(value) if isinstance(value, str | bytes | list | dict) else 0
    if "max" in limits and size > limits["max"]:
        raise BadRequest(f"{where[1:]}: {size} is more than {limits['max']}")
    if kind == "string" and limits.get("enum") and value not in limits["enum"]:
        raise BadRequest(f"{where[1:]}: '{value}' is none of {', '.join(limits['enum'])}")
    if kind == "string" and limits.get("pattern") and not re.search(limits["pattern"], value):
        raise BadRequest(f"{where[1:]}: '{value}' does not match {limits['pattern']}")


def _number(shape: Any, text: str) -> Any:
    try:
        return _NUMBERS[shape.type_name](text)
    except ValueError as error:
        raise BadRequest(f"'{text}' is not a number") from error


def _datetime(value: Any) -> datetime:
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value).astimezone()
        return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise BadRequest(f"'{value}' is not a timestamp") from error
