"""Front matter: the YAML, TOML or JSON above an issue's Markdown, read safely and with the line of each key.

Size, depth and aliases are bounded, so that no file can exhaust us ("billion laughs").
"""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import yaml
from frontmatter.default_handlers import YAMLHandler

from newsletter.content.front_matter_fields import KNOWN, OTHERS, UNDERSTOOD

MAX_BYTES = 64 * 1024
_MAX_DEPTH = 20
_MAX_NODES = 5_000
"""Of the expanded tree: an alias counts as often as what it stands for."""

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_READ_AS_SUCH = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "merge", "timestamp")}


class _Loader(_SAFE):  # type: ignore[misc]
    """Keeps what an author typed: `title: 007`, `title: 12:30` and `language: no` are no numbers and no booleans.

    Of YAML 1.1's kinds only nothing, merged mappings and times are read as such, and true and false of YAML 1.2's.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {
        first: [(tag, form) for tag, form in forms if tag in _READ_AS_SUCH]
        for first, forms in _SAFE.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


class FrontMatterFault(ValueError):
    """Front matter that cannot be read; `line` is 1-based in the file."""

    def __init__(self, message: str, line: int, remedy: str) -> None:
        super().__init__(message)
        self.line = line
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """What stands above the text, and the text."""

    values: dict[str, Any]
    lines: dict[str, int]
    """The 1-based line of each key."""
    oddities: tuple[tuple[int, str], ...] = ()
    """What was read in spite of a fault: line and what was done."""
    body: str
    body_line: int


def split(text: str) -> FrontMatter:
    """Split a file into front matter and body; FrontMatterFault when it is unclosed or not a mapping."""
    lines = text.split("\n")
    opening = lines[0].rstrip()
    if opening == "---":
        closing = {"---", "..."}
    elif opening == "+++":
        closing = {"+++"}
    else:
        return _split_json(text) or _split_unopened(lines) or FrontMatter(values={}, lines={}, body=text, body_line=1)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in closing), None)
    if end is None:
        raise FrontMatterFault("the front matter is never closed", 1, f"Put a line of '{opening}' below its last key")
    written = "\n".join(lines[1:end])
    if len(written.encode()) > MAX_BYTES:
        raise FrontMatterFault(f"the front matter is larger than {MAX_BYTES // 1024} KB", 1, "Shorten it")
    read = _read_toml(written) if opening == "+++" else _read_yaml(written)
    return replace(read, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def _split_json(text: str) -> FrontMatter | None:
    """Split off a JSON object that begins the file, as Hugo has it; None if there is none: braces may be prose."""
    if not text.startswith("{"):
        return None
    try:
        values, end = json.JSONDecoder().raw_decode(text[:MAX_BYTES])
        read = _read_yaml(text[:end].replace("\t", "  ")) if text[end : end + 1] in {"", "\n"} else None
    except (ValueError, RecursionError, FrontMatterFault):
        return None
    if read is None or not values:
        return None
    at = {key: line - 1 for key, line in read.lines.items()}  # there is no opening line above them
    return replace(read, lines=at, body=text[end + 1 :], body_line=text.count("\n", 0, end + 1) + 1)


def _split_unopened(lines: list[str]) -> FrontMatter | None:
    """Split off keys that begin the file, as Hexo and Pelican have them; None if there are none."""
    end = unopened_end(lines)
    if not end:
        return None
    if lines[end].rstrip() != "---":
        values, at = plain_values(lines[:end])
        read = FrontMatter(values=dict(values), lines=at, body="", body_line=0)
    else:
        try:
            read = _read_yaml("\n".join(lines[:end]))
        except FrontMatterFault:
            return None
        at = {key: line - 1 for key, line in read.lines.items()}  # there is no opening line above them
        oddities = tuple((line - 1, oddity) for line, oddity in read.oddities)
        read = replace(read, lines=at, oddities=oddities)
    return replace(read, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def _read_toml(written: str) -> FrontMatter:
    try:
        values = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        raise FrontMatterFault(
            f"the front matter is not valid TOML: {re.sub(r' [(]at .*[)]', '', str(error))}",
            int(found[1]) + 1 if found else written.count("\n") + 2,
            "Mend that line",
        ) from error
    lines = {
        match[1].strip("\"'"): number
        for number, line in enumerate(written.split("\n"), 2)
        if (match := re.match(r"\s*\[*\s*([\w\"'-]+)", line))
    }
    return FrontMatter(values=values, lines=lines, body="", body_line=0)


def _read_yaml(written: str) -> FrontMatter:
    try:
        return _construct(written, ())
    except yaml.YAMLError as error:
        quoted, changed = _quote_plain_values(written)
        if changed:
            try:
                return _construct(quoted, changed)
            except yaml.YAMLError:
                pass
        mark = getattr(error, "problem_mark", None)
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        line = mark.line + 2 if mark else 1
        raise FrontMatterFault(
            f"the front matter is not valid YAML: {reason}", line, "Mend that line, or put its value in quotes"
        ) from error


def _construct(written: str, oddities: tuple[tuple[int, str], ...]) -> FrontMatter:
    _refuse_depth(written)
    node = yaml.compose(written, Loader=_Loader)
    if node is None:
        return FrontMatter(values={}, lines={}, body="", body_line=0)
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterFault(
            "the front matter is not a mapping of keys to values", node.start_mark.line + 2, "Write 'title: ...'"
        )
    _refuse_size(node)
    keys = [(str(key.value), key.start_mark.line + 2) for key, _ in node.value]
    twice = [
        (line, f"'{key}' is given twice; the last one counts")
        for key, line in keys[1:]
        if key in dict(keys[: keys.index((key, line))])
    ]
    try:
        loaded = YAMLHandler().load(written, Loader=_Loader)
        values = {str(key): value for key, value in loaded.items()}
        faults: list[tuple[int, str]] = []
    except (ValueError, TypeError, OverflowError, yaml.constructor.ConstructorError):
        values, faults = _construct_one_by_one(node)
    return FrontMatter(values=values, lines=dict(keys), oddities=(*oddities, *twice, *faults), body="", body_line=0)


def _construct_one_by_one(node: yaml.MappingNode) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    """Construct each value by itself, so that an impossible date spoils no other key."""
    values: dict[str, Any] = {}
    faults: list[tuple[int, str]] = []
    for key_node, value_node in node.value:
        key = str(key_node.value)
        try:
            values[key] = yaml.constructor.SafeConstructor().construct_document(value_node)
        except (ValueError, TypeError, OverflowError, yaml.YAMLError):
            if isinstance(value_node, yaml.ScalarNode):
                values[key] = value_node.value
            else:
                faults.append((key_node.start_mark.line + 2, f"the value of '{key}' is not plain YAML: left out"))
    return values, faults


def _refuse_depth(written: str) -> None:
    depth = 0
    for event in yaml.parse(written, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise FrontMatterFault(f"the front matter is nested deeper than {_MAX_DEPTH}", 1, "Flatten it")


def _refuse_size(root: yaml.Node) -> None:
    """Refuse aliases that blow up; a tree that holds itself never ends and is refused as well."""
    waiting, seen = [root], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > _MAX_NODES:
            raise FrontMatterFault(
                f"the front matter holds more than {_MAX_NODES:,} values, aliases counted out",
                1,
                "Shorten it",
            )
        if isinstance(node, yaml.MappingNode):
            waiting.extend(child for pair in node.value for child in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)


def _quote_plain_values(written: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Quote the one-line values that trip YAML, such as `title: Lamps: a history`; say which."""
    lines, changed = [], []
    for number, line in enumerate(written.split("\n"), 2):
        match = re.fullmatch(r"([A-Za-z_][\w-]*):[ \t]+(.*\S)[ \t\r]*", line)
        if match and _trips(match[2]) and not _is_left_open(match[2]):
            lines.append(f"{match[1]}: {_quoted(match[2])}")
            changed.append((number, f"the value of '{match[1]}' was read as if it stood in quotes. Quote it"))
        else:
            lines.append(line)
    return "\n".join(lines), tuple(changed)


def _trips(value: str) -> bool:
    try:
        return not isinstance(yaml.compose(f"key: {value}", Loader=_Loader), yaml.MappingNode)
    except yaml.YAMLError:
        return True


def _is_left_open(value: str) -> bool:
    """Whether a value begins what never ends on its line, which no quoting can mend."""
    closing = {"[": "]", "{": "}", "'": "'", '"': '"'}.get(value[0])
    return closing is not None and closing not in value[1:]


def _quoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


_KEY = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")
_CONTINUED = re.compile(r"[ \t]+\S|-[ \t]+\S")
_MOST_LINES = 200


def unopened_end(lines: Sequence[str]) -> int:
    """Return at which line such keys end, counted from 0; 0 when the file begins with its text.

    A sentence may well begin with a word and a colon, so a title and another key that is known are asked for.
    """
    keys: list[str] = []
    for number, line in enumerate(lines[:_MOST_LINES]):
        if match := _KEY.match(line.rstrip()):
            keys.append(match[1].lower())
        elif not line.strip() or line.rstrip() == "---":
            known = {key for key in keys if key in KNOWN or key in UNDERSTOOD or key in OTHERS}
            return number if "title" in known and len(known) > 1 else 0
        elif not (keys and _CONTINUED.match(line)):
            return 0
    return 0


def plain_values(lines: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Return what each key says, in small letters and as it is written, and the 1-based line of each."""
    values: dict[str, str] = {}
    at: dict[str, int] = {}
    last = ""
    for number, line in enumerate(lines, 1):
        if match := _KEY.match(line.rstrip()):
            last = match[1].lower()
            values[last], at[last] = (match[2] or "").strip(), number
        else:
            values[last] += f" {line.strip()}"
    return values, at
