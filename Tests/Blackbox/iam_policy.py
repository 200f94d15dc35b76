"""Decides a request by policy documents as AWS does: an explicit deny wins, else an allow is needed.

Only what the templates use is known; anything else is an error, never a silent pass.
"""

import fnmatch


class Unknown(Exception):
    """A policy uses something that this evaluation does not know."""


def as_list(value):
    return value if isinstance(value, list) else [value]


def like(pattern, value):
    # fnmatch also knows [brackets], which mean nothing here.
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


OPERATORS = {
    "StringEquals": lambda wanted, given: given in wanted,
    "StringNotEquals": lambda wanted, given: given not in wanted,
    "StringLike": lambda wanted, given: any(like(pattern, given) for pattern in wanted),
    "ArnLike": lambda wanted, given: any(like(pattern, given) for pattern in wanted),
    "ArnEquals": lambda wanted, given: any(like(pattern, given) for pattern in wanted),
    "Bool": lambda wanted, given: given.lower() in wanted,
    "NumericLessThan": lambda wanted, given: any(float(given) < float(limit) for limit in wanted),
}


def condition_holds(operator, key, wanted, context):
    wanted = [str(value) for value in as_list(wanted)]
    given = context.get(key.lower())
    if operator == "Null":
        return (given is None) == (wanted[0] == "true")
    name = operator.removesuffix("IfExists")
    if name not in OPERATORS:
        raise Unknown(operator)
    if given is None:
        # A key that is not in the request fails the condition, except a negated one, and except "if exists".
        return operator.endswith("IfExists") or "Not" in name
    return OPERATORS[name](wanted, given)


def principal_matches(principal, who):
    if principal == "*" or principal is None:
        return True
    (kind, names), = principal.items()
    return any(name == "*" or who == (kind, name) for name in as_list(names))


def applies(statement, who, action, resource, context):
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if unknown:
        raise Unknown(", ".join(unknown))
    return (
        principal_matches(statement.get("Principal"), who)
        and any(like(pattern.lower(), action.lower()) for pattern in as_list(statement["Action"]))
        and ("Resource" not in statement or any(like(pattern, resource) for pattern in as_list(statement["Resource"])))
        and all(condition_holds(operator, key, wanted, context)
                for operator, keys in statement.get("Condition", {}).items() for key, wanted in keys.items()))


def decide(documents, action, resource, context=None, who=None) -> tuple:
    """`("allow" | "deny" | "none", the deciding statement's Sid)` over all documents together."""
    context = {key.lower(): value for key, value in (context or {}).items()}
    allowed = ("none", None)
    for document in documents:
        for statement in as_list(document["Statement"]):
            if applies(statement, who, action, resource, context):
                if statement["Effect"] == "Deny":
                    return ("deny", statement.get("Sid"))
                allowed = ("allow", statement.get("Sid"))
    return allowed
