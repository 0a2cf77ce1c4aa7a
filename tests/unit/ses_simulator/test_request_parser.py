"""A quick look at a request never finds anything else than a long one."""

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
LETTER = {
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


def said(shape: Any) -> st.SearchStrategy[str]:
    """JSON for a shape: mostly of its kind, with members twice, missing, unknown or odd."""
    kind, more = shape.type_name, ODD
    if kind == "structure":
        members = {name: st.tuples(st.just(name), said(member)) for name, member in shape.members.items()}
        needed = st.tuples(*(members[name] for name in shape.required_members))
        free = st.lists(st.one_of(*members.values(), st.tuples(st.just("Other"), ODD)), max_size=3)
        pairs = st.one_of(st.tuples(needed, free).map(lambda both: [*both[0], *both[1]]), free)
        proper = pairs.map(lambda pairs: f"{{{','.join(f'{json.dumps(name)}:{text}' for name, text in pairs)}}}")
    elif kind == "list":
        proper = st.lists(said(shape.member), max_size=3).map(lambda texts: f"[{','.join(texts)}]")
    else:
        texts = st.sampled_from(shape.enum) if getattr(shape, "enum", None) else TEXTS
        proper = (BASE64 if kind == "blob" else texts).map(json.dumps)
    return st.integers(0, 19).flatmap(lambda number: proper if number else more)


def outcome(read: Any, body: bytes) -> Any:
    try:
        return read("SendEmail", {}, "", body)
    except BadRequest as error:
        return str(error)


def is_taken(body: bytes) -> bool:
    glance = PARSER.fast_parser("SendEmail")
    assert glance is not None
    try:
        glance.validate_json(body, strict=True)
    except ValidationError:
        return False
    return True


def test_an_ordinary_letter_is_taken_at_a_glance() -> None:
    body = json.dumps(LETTER).encode()
    assert is_taken(body)
    assert PARSER.parse("SendEmail", {}, "", body)["Content"]["Raw"]["Data"] == b"From: a\r\n\r\n\xfb\xff\xbe"


def member(*names: str) -> Any:
    """The shape of a member of a letter; of a list's, it is that of one entry."""
    shape = SEND
    for name in names:
        shape = shape.members[name]
    return shape.member if shape.type_name == "list" else shape


@pytest.mark.parametrize(
    ("texts", "around"),
    [
        (said(SEND), "%s"),
        (said(member("ConfigurationOverrides")), '{"Content":{},"ConfigurationOverrides":%s}'),
        (said(member("Content", "Simple", "Headers")), SIMPLE % ("Headers", "%s")),
        (said(member("Content", "Simple", "Attachments")), SIMPLE % ("Attachments", "%s")),
    ],
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_read_at_a_glance_is_what_is_read_at_length(
    texts: st.SearchStrategy[str], around: str, data: st.DataObject
) -> None:
    body = (around % data.draw(texts)).encode()
    assert outcome(PARSER.parse, body) == outcome(MODEL.parse_request, body)


@settings(deadline=None)
@given(st.binary(max_size=2), st.integers(0, 400), st.integers(0, 4))
def test_a_body_that_was_garbled_on_its_way_is_read_as_at_length(piece: bytes, at: int, gone: int) -> None:
    whole = json.dumps(LETTER).encode()
    body = whole[:at] + piece + whole[at + gone :]
    assert outcome(PARSER.parse, body) == outcome(MODEL.parse_request, body)


@settings(deadline=None)
@given(st.one_of(st.text("AQgYZz9+/-_= \né", max_size=9), st.binary().map(lambda o: base64.b64encode(o).decode())))
@example("YR==")  # bits to spare, which Python ignores
@example("YQ")
@example("----")
@example("____")
@example("YQ==YQ==")
def test_base64_is_decoded_as_python_does_it_at_its_strictest(text: str) -> None:
    found = outcome(PARSER.parse, json.dumps({"Content": {"Raw": {"Data": text}}}).encode())
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        assert found == "Content.Raw.Data is not base64"
    else:
        assert found == {"Content": {"Raw": {"Data": octets}}}


@settings(deadline=None)
@given(st.binary())
def test_base64_without_bits_to_spare_needs_no_second_look(octets: bytes) -> None:
    data = base64.b64encode(octets).decode()
    assert is_taken(json.dumps({"Content": {"Raw": {"Data": data}}}).encode())


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
def test_odd_bodies_are_read_or_refused_in_one_clear_line(body: str | bytes, found: str | dict[str, str]) -> None:
    said = outcome(PARSER.parse, body if isinstance(body, bytes) else body.encode())
    if isinstance(found, dict):
        assert said == {"Content": {"Raw": {"Data": b"a"}}, **found}
    else:
        assert found in said


@pytest.mark.parametrize("service", ["sesv2", "sqs"])
def test_every_operation_can_be_looked_at(service: str) -> None:
    parser = request_parser(service)
    taken = {name for name in load_service_model(service).operations if parser.fast_parser(name)}
    assert taken >= {"sesv2": {"SendEmail", "SendBulkEmail", "CreateEmailTemplate"}, "sqs": {"DeleteMessage"}}[service]
