"""What names an attribute in its conditions."""

from collections.abc import Iterable

from leadsignal.domain.conditions.changes import dependencies
from leadsignal.domain.conditions.fields import ATTRIBUTE
from leadsignal.domain.conditions.parse import parse
from leadsignal.domain.rulebook import rule_field
from leadsignal.domain.segments import ReadySegment
from leadsignal.errors import InUse
from leadsignal.models.rules import BoostRule, ConditionRule, Rule, RuleSet


def fields_of_rule(rule: Rule) -> frozenset[str]:
    """Return the fields of a lead that a rule reads."""
    if isinstance(rule, BoostRule):
        return frozenset()
    if isinstance(rule, ConditionRule):
        return dependencies(parse(rule.condition, rule_field)).fields
    return frozenset((rule.field,))


def names(fields: Iterable[str], name: str) -> bool:
    """Return whether one of these fields is the attribute, or within it."""
    field = f"{ATTRIBUTE}{name}"
    return any(each == field or each.startswith(f"{field}.") for each in fields)


def uses_in_segments(segments: Iterable[ReadySegment], name: str) -> list[InUse]:
    """Return the segments that name the attribute."""
    return [
        InUse("segment", each.segment.id, each.segment.name)
        for each in segments
        if names(dependencies(each.condition).fields, name)
    ]


def uses_in_rules(rulesets: Iterable[RuleSet], name: str) -> list[InUse]:
    """Return the rule sets that name the attribute, each once."""
    found = {
        ruleset.id: InUse("ruleset", ruleset.id, ruleset.name)
        for ruleset in rulesets
        if any(names(fields_of_rule(rule), name) for rule in ruleset.rules)
    }
    return list(found.values())
