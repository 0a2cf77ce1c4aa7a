"""Request parser: the fast way never gives another result than the slow one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import ValidationError

from newsletter.aws import BadRequest, load_service_model
from newsletter.ses_simulator.request_parser import request_parser

MODEL = load_service_model("sesv2")
PARSER = request_parser("sesv2")
SEND = MODEL.input_shape("SendEmail")
EMAIL = {
    "FromEmailAddress": "News <news@example.org>",
    "Destination": {"ToAddresses": ["x@example.net"]},
    "Content": {"Raw": {"Data": base64.b64encode(b"From: a\r\n\r\n\xfb\xff\xbe").decode()}},
    "EmailTags": [{"Name": "delivery", "Value": "7"}],
    "ConfigurationOverrides": {"Tracking": {"OpenTrackingEnabled": "DISABLED"}},
}
SIMPLE = '{"Content":{"Simple":{"Subject":{"Data":"x"},"Body":{},"%s":[%s]}}}'
TEXTS = st.sampled_from(["", "x", "é", "\ud800", "\0", "x:", "x" * 127, "x" * 256, "x" * 996, "INLINE", "enabled"])
BASE64 = st.one_of(st.binary(max_size=7).map(lambda octets: base64.b64encode(octets).decode()), TEXTS)
ODD = st.sampled_from(["null", "true", "1", "1e999", "NaN", "-Infinity", "[]", "{}", '""', "[null]", '{"x": 1}'])


def bodies(shape: Any) -> st.SearchStrategy[str]:
    """JSON for a shape: mostly valid, with members repeated, missing, unknown or odd."""
    kind, more = shape.type_name, ODD
    if kind == "structure":
        members = {name: st.tuples(st.just(name), bodies(member)) for name, member in shape.members.items()}
        needed = st.tuples(*(members[name] for name in shape.required_members))
        free = st.lists(st.one_of(*members.values(), st.tuples(st.just("Other"), ODD)), max_size=3)
        pairs = st.one_of(st.tuples(needed, free).map(lambda both: [*both[0], *both[1]]), free)
        proper = pairs.map(lambda pairs: f"{{{','.join(f'{json.dumps(name)}:{text}' for name, text in pairs)}}}")
    elif kind == "list":
        proper = st.lists(bodies(shape.member), max_size=3).map(lambda texts: f"[{','.join(texts)}]")
    else:
        texts = st.sampled_from(shape.enum) if getattr(shape, "enum", None) else TEXTS
        proper = (BASE64 if kind == "blob" else texts).map(json.dumps)
    return st.integers(0, 19).flatmap(lambda number: proper if number else more)


def outcome(read: Any, body: bytes) -> Any:
    try:
        return read("SendEmail", {}, "", body)
    except BadRequest as error:
        return str(error)


def is_parsed_fast(body: bytes) -> bool:
    parser = PARSER.fast_parser("SendEmail")
    assert parser is not None
    try:
        parser.validate_json(body, strict=True)
    except ValidationError:
        return False
    return True


def test_an_ordinary_send_is_parsed_the_fast_way() -> None:
    body = json.dumps(EMAIL).encode()
    assert is_parsed_fast(body)
    assert PARSER.parse("SendEmail", {}, "", body)["Content"]["Raw"]["Data"] == b"From: a\r\n\r\n\xfb\xff\xbe"


def member(*names: str) -> Any:
    """The shape of a member of SendEmail's request; for a list, the shape of its entries."""
    shape = SEND
    for name in names:
        shape = shape.members[name]
    return shape.member if shape.type_name == "list" else shape


@pytest.mark.parametrize(
    ("texts", "around"),
    [
        (bodies(SEND), "%s"),
        (bodies(member("ConfigurationOverrides")), '{"Content":{},"ConfigurationOverrides":%s}'),
        (bodies(member("Content", "Simple", "Headers")), SIMPLE % ("Headers", "%s")),
        (bodies(member("Content", "Simple", "Attachments")), SIMPLE % ("Attachments", "%s")),
    ],
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_fast_way_gives_what_the_slow_way_gives(
    texts: st.SearchStrategy[str], around: str, data: st.DataObject
) -> None:
    body = (around % data.draw(texts)).encode()
    assert outcome(PARSER.parse, body) == outcome(MODEL.parse_request, body)


@settings(deadline=None)
@given(st.binary(max_size=2), st.integers(0, 400), st.integers(0, 4))
def test_a_garbled_body_is_parsed_or_refused_as_the_slow_way_does(piece: bytes, at: int, gone: int) -> None:
    whole = json.dumps(EMAIL).encode()
    body = whole[:at] + piece + whole[at + gone :]
    assert outcome(PARSER.parse, body) == outcome(MODEL.parse_request, body)


@settings(deadline=None)
@given(st.one_of(st.text("AQgYZz9+/-_= \né", max_size=9), st.binary().map(lambda o: base64.b64encode(o).decode())))
@example("YR==")  # bits to spare, which Python ignores
@example("YQ")
@example("----")
@example("____")
@example("YQ==YQ==")
def test_base64_is_decoded_as_strictly_as_python_can(text: str) -> None:
    found = outcome(PARSER.parse, json.dumps({"Content": {"Raw": {"Data": text}}}).encode())
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        assert found == "Content.Raw.Data is not base64"
    else:
        assert found == {"Content": {"Raw": {"Data": octets}}}


@settings(deadline=None)
@given(st.binary())
def test_canonical_base64_is_always_parsed_the_fast_way(octets: bytes) -> None:
    data = base64.b64encode(octets).decode()
    assert is_parsed_fast(json.dumps({"Content": {"Raw": {"Data": data}}}).encode())


RAW = '"Content":{"Raw":{"Data":"YQ=="}}'


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"\xef\xbb\xbf{%s}" % RAW.encode(), {}),
        (f"{{{RAW}}}".encode("utf-16"), {}),
        (f'{{{RAW},"TenantName":null}}', {}),
        (f'{{{RAW},"Other":null}}', {}),
        (f'{{"Content":1,{RAW}}}', {}),
        (f'{{{RAW},"EndpointId":"\\ud800"}}', {"EndpointId": "\ud800"}),
        (f'{{{RAW},"EndpointId":"a","EndpointId":"b"}}', {"EndpointId": "b"}),
        (f'{{{RAW},"Content":1}}', "Invalid type for parameter Content"),
        (f'{{{RAW},"Other":NaN}}', "unknown members: Other"),
        (f'{{{RAW},"TenantName":""}}', "Invalid length for parameter TenantName"),
        (f'{{{RAW},"TenantName":1{"0" * 5000}}}', "the body is not JSON: Exceeds the limit"),
        (f'{{{RAW},"TenantName":{"[" * 200_000}{"]" * 200_000}}}', "the body is not JSON: "),
        (f'{{{RAW},"ConfigurationOverrides":{{"Tracking":{{"OpenTrackingEnabled":"OFF"}}}}}}', "'OFF' is none of"),
        (SIMPLE % ("Headers", ",".join(['{"Name":"X","Value":"y"}'] * 16)), "16 is more than 15"),
        (SIMPLE % ("Headers", '{"Name":"X Y","Value":"y"}'), "'X Y' does not match"),
        (SIMPLE % ("Attachments", f'{{"RawContent":"","FileName":"{"x" * 256}"}}'), "256 is more than 255"),
        (SIMPLE % ("Attachments", '{"FileName":"x"}'), "RawContent"),
        (f"{{{RAW},}}", "the body is not JSON: "),
        (b'{"EndpointId":"\xff"}', "the body is not JSON: "),
        (f"[{{{RAW}}}]", "the body is not an object"),
        (b"", 'Missing required parameter in input: "Content"'),
    ],
)
def test_odd_bodies_are_parsed_or_refused_with_a_clear_message(body: str | bytes, found: str | dict[str, str]) -> None:
    result = outcome(PARSER.parse, body if isinstance(body, bytes) else body.encode())
    if isinstance(found, dict):
        assert result == {"Content": {"Raw": {"Data": b"a"}}, **found}
    else:
        assert found in result


@pytest.mark.parametrize("service", ["sesv2", "sqs"])
def test_the_common_operations_have_a_fast_parser(service: str) -> None:
    parser = request_parser(service)
    taken = {name for name in load_service_model(service).operations if parser.fast_parser(name)}
    assert taken >= {"sesv2": {"SendEmail", "SendBulkEmail", "CreateEmailTemplate"}, "sqs": {"DeleteMessage"}}[service]
