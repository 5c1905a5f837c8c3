"""`template.yaml` as plain data, for tests and for tables made from it."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "template.yaml"


class PlainLoader(yaml.SafeLoader):
    """Reads ``!Ref X`` as ``X``, and every other short form as the plain value behind it."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    raise TypeError(f"{node.tag} on neither a scalar, a sequence nor a mapping")


PlainLoader.add_multi_constructor("!", _plain)


@cache
def template() -> dict[str, Any]:
    """Return the whole template."""
    loaded: dict[str, Any] = yaml.load(FILE.read_text(), PlainLoader)
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return logical id → properties of every resource of a type."""
    return {
        name: resource["Properties"]
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def functions() -> dict[str, dict[str, Any]]:
    """Return logical id → properties of every function, what all of them share included."""
    shared = template()["Globals"]["Function"]
    variables = shared["Environment"]["Variables"]
    return {
        name: shared
        | properties
        | {"Environment": {"Variables": variables | properties["Environment"]["Variables"]}}
        for name, properties in resources("AWS::Serverless::Function").items()
    }


def folder(function: str) -> str:
    """Return the name of a function's folder under ``functions/`` and ``events/``."""
    code: str = functions()[function]["CodeUri"]
    return code.removeprefix("functions/")


def statements(role: str) -> list[dict[str, Any]]:
    """Return the statements of a role, with actions and resources as lists."""
    return [
        {
            "Effect": statement["Effect"],
            "Action": as_list(statement["Action"]),
            "Resource": as_list(statement["Resource"]),
        }
        for policy in resources("AWS::IAM::Role")[role]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, anything else as the list of it."""
    return value if isinstance(value, list) else [value]
