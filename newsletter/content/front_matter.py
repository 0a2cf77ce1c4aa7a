"""Front matter: the YAML, TOML or JSON at the top of a Markdown file, parsed safely, with the line of each key.

Size, nesting and aliases are bounded against resource exhaustion ("billion laughs"). Keys without an opening line
(Hexo, Pelican) are read too.
"""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import yaml
from frontmatter.default_handlers import YAMLHandler

from newsletter.content.front_matter_fields import ALIASES, FOREIGN_KEYS, KEYS

MAX_BYTES = 64 * 1024
_MAX_DEPTH = 20
_MAX_NODES = 5_000
"""Of the expanded tree: each use of an alias counts like the value it refers to."""

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEPT_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "merge", "timestamp")}


class _Loader(_SAFE):  # type: ignore[misc]
    """YAML loader that keeps what an author typed: `title: 007`, `title: 12:30` and `language: no` stay text.

    Of YAML 1.1's implicit types only null, merge keys and timestamps are resolved; booleans as in YAML 1.2.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in _KEPT_TAGS]
        for first, resolvers in _SAFE.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


class FrontMatterError(ValueError):
    """Front matter that cannot be parsed; `line` is 1-based in the file."""

    def __init__(self, message: str, line: int, remedy: str) -> None:
        super().__init__(message)
        self.line = line
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The parsed front matter of a file, and its body."""

    values: dict[str, Any]
    lines: dict[str, int]
    """The 1-based line of each key."""
    repairs: tuple[tuple[int, str], ...] = ()
    """Faults that were read around: the line, and what was done."""
    body: str
    body_line: int


def split_front_matter(text: str) -> FrontMatter:
    """Split a file into front matter and body; FrontMatterError if it is unclosed, not a mapping or too large."""
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
        raise FrontMatterError("the front matter is never closed", 1, f"Add a line '{opening}' below its last key")
    written = "\n".join(lines[1:end])
    if len(written.encode()) > MAX_BYTES:
        raise FrontMatterError(f"the front matter is larger than {MAX_BYTES // 1024} KB", 1, "Shorten it")
    read = _read_toml(written) if opening == "+++" else _read_yaml(written)
    return replace(read, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def _split_json(text: str) -> FrontMatter | None:
    """Split off a JSON object that begins the file (Hugo); None if there is none, since braces may be prose."""
    if not text.startswith("{"):
        return None
    try:
        values, end = json.JSONDecoder().raw_decode(text[:MAX_BYTES])
        read = _read_yaml(text[:end].replace("\t", "  ")) if text[end : end + 1] in {"", "\n"} else None
    except (ValueError, RecursionError, FrontMatterError):
        return None
    if read is None or not values:
        return None
    key_lines = {key: line - 1 for key, line in read.lines.items()}  # there is no opening line above them
    return replace(read, lines=key_lines, body=text[end + 1 :], body_line=text.count("\n", 0, end + 1) + 1)


def _split_unopened(lines: list[str]) -> FrontMatter | None:
    """Split off keys that begin the file without an opening line (Hexo, Pelican); None if there are none."""
    end = _unopened_end(lines)
    if not end:
        return None
    if lines[end].rstrip() != "---":
        values, key_lines = _plain_values(lines[:end])
        read = FrontMatter(values=dict(values), lines=key_lines, body="", body_line=0)
    else:
        try:
            read = _read_yaml("\n".join(lines[:end]))
        except FrontMatterError:
            return None
        key_lines = {key: line - 1 for key, line in read.lines.items()}  # there is no opening line above them
        repairs = tuple((line - 1, oddity) for line, oddity in read.repairs)
        read = replace(read, lines=key_lines, repairs=repairs)
    return replace(read, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def _read_toml(written: str) -> FrontMatter:
    try:
        values = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        match = re.search(r"at line (\d+)", str(error))
        raise FrontMatterError(
            f"the front matter is not valid TOML: {re.sub(r' [(]at .*[)]', '', str(error))}",
            int(match[1]) + 1 if match else written.count("\n") + 2,
            "Correct that line",
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
        raise FrontMatterError(
            f"the front matter is not valid YAML: {reason}", line, "Correct that line, or put its value in quotes"
        ) from error


def _construct(written: str, repairs: tuple[tuple[int, str], ...]) -> FrontMatter:
    _refuse_depth(written)
    node = yaml.compose(written, Loader=_Loader)
    if node is None:
        return FrontMatter(values={}, lines={}, body="", body_line=0)
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterError(
            "the front matter is not a mapping of keys to values",
            node.start_mark.line + 2,
            "Write, for example, 'title: ...'",
        )
    _refuse_size(node)
    keys = [(str(key.value), key.start_mark.line + 2) for key, _ in node.value]
    duplicates = [
        (line, f"'{key}' is given twice; the last one is used")
        for key, line in keys[1:]
        if key in dict(keys[: keys.index((key, line))])
    ]
    try:
        loaded = YAMLHandler().load(written, Loader=_Loader)
        values = {str(key): value for key, value in loaded.items()}
        faults: list[tuple[int, str]] = []
    except (ValueError, TypeError, OverflowError, yaml.constructor.ConstructorError):
        values, faults = _construct_one_by_one(node)
    return FrontMatter(values=values, lines=dict(keys), repairs=(*repairs, *duplicates, *faults), body="", body_line=0)


def _construct_one_by_one(node: yaml.MappingNode) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    """Construct each value by itself, so that an impossible date does not affect other keys."""
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
                faults.append(
                    (key_node.start_mark.line + 2, f"the value of '{key}' is not plain YAML and was left out")
                )
    return values, faults


def _refuse_depth(written: str) -> None:
    depth = 0
    for event in yaml.parse(written, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise FrontMatterError(f"the front matter is nested deeper than {_MAX_DEPTH}", 1, "Flatten it")


def _refuse_size(root: yaml.Node) -> None:
    """Refuse aliases that expand too far; a node that contains itself never ends and is refused as well."""
    pending, count = [root], 0
    while pending:
        node = pending.pop()
        count += 1
        if count > _MAX_NODES:
            raise FrontMatterError(
                f"the front matter holds more than {_MAX_NODES:,} values, with aliases expanded",
                1,
                "Shorten it",
            )
        if isinstance(node, yaml.MappingNode):
            pending.extend(child for pair in node.value for child in pair)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)


def _quote_plain_values(written: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Quote one-line values that are not valid YAML, such as `title: Lamps: a history`; return which were changed."""
    lines, changed = [], []
    for number, line in enumerate(written.split("\n"), 2):
        match = re.fullmatch(r"([A-Za-z_][\w-]*):[ \t]+(.*\S)[ \t\r]*", line)
        if match and _is_invalid(match[2]) and not _is_left_open(match[2]):
            lines.append(f"{match[1]}: {_quoted(match[2])}")
            changed.append((number, f"the value of '{match[1]}' was read as if it were in quotes. Put it in quotes"))
        else:
            lines.append(line)
    return "\n".join(lines), tuple(changed)


def _is_invalid(value: str) -> bool:
    try:
        return not isinstance(yaml.compose(f"key: {value}", Loader=_Loader), yaml.MappingNode)
    except yaml.YAMLError:
        return True


def _is_left_open(value: str) -> bool:
    """Whether a value opens a bracket or quotation mark that its line does not close, which quoting cannot repair."""
    closing = {"[": "]", "{": "}", "'": "'", '"': '"'}.get(value[0])
    return closing is not None and closing not in value[1:]


def _quoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


_KEY = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")
_CONTINUATION = re.compile(r"[ \t]+\S|-[ \t]+\S")
_MAX_UNOPENED_LINES = 200


def _unopened_end(lines: Sequence[str]) -> int:
    """Return the 0-based line on which keys without an opening line end; 0 if the file begins with its text.

    Hexo ends them with `---`, Pelican with a blank line. Since a sentence may also begin with a word and a colon, they
    must include a title and another known key.
    """
    keys: list[str] = []
    for number, line in enumerate(lines[:_MAX_UNOPENED_LINES]):
        if match := _KEY.match(line.rstrip()):
            keys.append(match[1].lower())
        elif not line.strip() or line.rstrip() == "---":
            known = {key for key in keys if key in KEYS or key in ALIASES or key in FOREIGN_KEYS}
            return number if "title" in known and len(known) > 1 else 0
        elif not (keys and _CONTINUATION.match(line)):
            return 0
    return 0


def _plain_values(lines: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Return the raw value of each key, keys in lower case, and the 1-based line of each."""
    values: dict[str, str] = {}
    key_lines: dict[str, int] = {}
    last = ""
    for number, line in enumerate(lines, 1):
        if match := _KEY.match(line.rstrip()):
            last = match[1].lower()
            values[last], key_lines[last] = (match[2] or "").strip(), number
        else:
            values[last] += f" {line.strip()}"
    return values, key_lines
