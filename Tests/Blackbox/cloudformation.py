"""Reads a CloudFormation template and works out its conditions and functions, as far as our templates use them.

The local AWS creates stacks but leaves out what it does not know (bucket policies, lifecycles, notifications, ...). With the
template worked out, tests put those in place through the services' own APIs, which check them as AWS's would.
"""

import re

import yaml


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, `!Ref x` as `{"Ref": x}`."""


def short_tag(loader, suffix, node):
    construct = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    value = (loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode)
             else construct[type(node)](node, **({"deep": True} if isinstance(node, yaml.SequenceNode) else {})))
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", short_tag)
NOTHING = object()


class Template:
    """A template under given parameters. `known` holds what `Ref` and `GetAtt` of resources give: `Name`, `Name.Attr`."""

    def __init__(self, text, parameters, known=None):
        self.document = yaml.load(text, Loader)
        self.known = {
            "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com", "AWS::NoValue": NOTHING, **(known or {})}
        for name, parameter in self.document["Parameters"].items():
            self.known[name] = parameters.get(name, str(parameter.get("Default", "")))

    def condition(self, name) -> bool:
        return self.value(self.document["Conditions"][name])

    def exists(self, logical) -> bool:
        resource = self.document["Resources"][logical]
        return "Condition" not in resource or self.condition(resource["Condition"])

    def properties(self, logical):
        return self.value(self.document["Resources"][logical]["Properties"])

    def value(self, node):
        if isinstance(node, list):
            return [value for item in node if (value := self.value(item)) is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), = node.items()
            if name == "Ref":
                return self.known[argument]
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name.startswith("Fn::"):
                return self.call(name, argument)
        return {key: value for key, item in node.items() if (value := self.value(item)) is not NOTHING}

    def call(self, name, argument):
        if name == "Fn::If":
            return self.value(argument[1] if self.condition(argument[0]) else argument[2])
        if name == "Fn::Equals":
            return self.value(argument[0]) == self.value(argument[1])
        if name == "Fn::Not":
            return not self.value(argument[0])
        if name == "Fn::And":
            return all(self.value(argument))
        if name == "Fn::GetAtt":
            return self.known[".".join(argument)]
        if name == "Fn::Sub":
            return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", lambda match: str(self.known[match[1]]), argument)
        raise KeyError(f"a function that is not known here: {name}")
