"""What AWS's own model says of a service: which operation a request is, and whether it is well formed.

The model is the one that boto3 itself calls by, so that whoever answers by it cannot drift from it.
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
from pydantic_core import SchemaValidator, ValidationError

from newsletter.aws.glance import make_glance

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class BadRequest(Exception):
    """A request that the service would refuse as malformed."""


class ServiceModel:
    """The operations of one service that speaks rest-json."""

    def __init__(self, description: Any) -> None:
        self._model = description
        self._validator = ParamValidator()
        self._glances: dict[str, SchemaValidator | None] = {}
        places = [(name, description.operation_model(name).http) for name in description.operation_names]
        self._routes = [(http["method"], _pattern(http["requestUri"]), name) for name, http in places]
        self._plain = {
            (http["method"], http["requestUri"]): name for name, http in places if "{" not in http["requestUri"]
        }

    def route(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the operation that a request is, and what its path says; None for no operation at all."""
        if plain := self._plain.get((method, path)):
            return plain, {}
        for wanted, pattern, name in self._routes:
            if method == wanted and (found := pattern.fullmatch(path)):
                return name, {key: unquote(value) for key, value in found.groupdict().items()}
        return None

    def read(self, operation: str, path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Return a request's members as boto3's caller gave them; BadRequest says what is wrong with it."""
        if (glance := self._glance(operation)) is not None:
            try:
                request: dict[str, Any] = glance.validate_json(body or b"{}", strict=True)
            except ValidationError:
                pass  # which is right in another way, or has words of its own
            else:
                return request
        return self._read_at_length(operation, path, query, body)

    def _glance(self, operation: str) -> SchemaValidator | None:
        if operation not in self._glances:
            shape = self._model.operation_model(operation).input_shape
            self._glances[operation] = make_glance(shape) if shape else None
        return self._glances[operation]

    def _read_at_length(self, operation: str, path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        shape = self._model.operation_model(operation).input_shape
        if shape is None:
            return {}
        said = _body(body)
        asked = parse_qs(query, keep_blank_values=True)
        known = {}
        for name, member in shape.members.items():
            place, wire = member.serialization.get("location"), member.serialization.get("name", name)
            if place == "uri":
                known[name] = path[wire]
            elif place == "querystring" and wire in asked:
                known[name] = _from_query(member, asked[wire])
            elif place is None and said.get(wire) is not None:
                known[name] = _from_json(member, said.pop(wire), name)
        unknown = {name for name, value in said.items() if value is not None} - set(known)
        if unknown:
            raise BadRequest(f"unknown members: {', '.join(sorted(unknown))}")
        report = self._validator.validate(known, shape)
        if report.has_errors():
            raise BadRequest(report.generate_report())
        _within(shape, known, "")
        return known

    def answers(self, operation: str) -> frozenset[str]:
        """Return the names of the members that an answer may have."""
        shape = self._model.operation_model(operation).output_shape
        return frozenset(shape.members if shape else ())


@cache
def read_model(service: str) -> ServiceModel:
    """Return the model of `service`, such as "sesv2", that botocore brings along."""
    return ServiceModel(model.ServiceModel(Loader().load_service_model(service, "service-2"), service))


def _pattern(uri: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(uri.partition("?")[0])) + "/?")


def _body(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise BadRequest("the body is not an object")
    return said


def _from_query(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "list":
        return values
    if shape.type_name in _NUMBERS:
        return _number(shape, values[0])
    return _moment(values[0]) if shape.type_name == "timestamp" else values[0]


def _from_json(shape: Any, value: Any, where: str) -> Any:
    """Return a value as the model means it: blobs as bytes, moments as datetimes, the rest as it is."""
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
    return _moment(value) if kind == "timestamp" else value


def _within(shape: Any, value: Any, where: str) -> None:
    """Check what botocore leaves to the service: upper limits, enumerations and patterns."""
    kind = shape.type_name
    if kind == "structure":
        for name, inner in value.items():
            _within(shape.members[name], inner, f"{where}.{name}")
    elif kind == "list":
        for index, inner in enumerate(value):
            _within(shape.member, inner, f"{where}[{index}]")
    elif kind == "map":
        for name, inner in value.items():
            _within(shape.value, inner, f"{where}.{name}")
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


def _moment(value: Any) -> datetime:
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value).astimezone()
        return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise BadRequest(f"'{value}' is not a moment") from error
