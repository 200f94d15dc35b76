"""Turns the shipped Lakeflow SQL into what open-source Spark 4.3 takes. Three rules, and no other text changes:

1. `${name}` becomes the pipeline's setting of that name (Lakeflow does the same).
2. `read_files('<folder>', ...)`, in a job also `read_files(:parameter, ...)`, becomes `landing_<folder>`; the caller makes
   that table over the folder.
3. `CLUSTER BY (...)` and `CLUSTER BY AUTO` go: a layout, which 4.3 refuses on materialized views.

Comments and quoted text are never touched.
"""

import dataclasses
import re

TOKEN = re.compile(r"""--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|\w+|\s+|.""", re.DOTALL)
SETTING = re.compile(r"\$\{(\w+)\}")


@dataclasses.dataclass(frozen=True)
class LandingFolder:
    """What one `read_files` call reads."""
    table: str
    path: str
    options: dict


def tokens(sql):
    return TOKEN.findall(sql)


def is_blank(token):
    return token.isspace() or token.startswith(("--", "/*"))


def statements(sql):
    """The statements of a file, without the semicolons between them and without empty ones. BEGIN ... END stays whole."""
    found, current, depth = [], [], 0
    for token in tokens(sql):
        word = token.upper()
        if word == "BEGIN" or (word in ("CASE", "IF", "WHILE", "FOR") and depth):
            depth += 1
        elif word == "END" and depth:
            depth -= 1
        if token == ";" and depth == 0:
            found.append(current)
            current = []
        else:
            current.append(token)
    found.append(current)
    return ["".join(part).strip() for part in found if not all(map(is_blank, part))]


def to_spark(sql, settings):
    """The translated text, and the folders that it reads."""
    def value(match):
        if match.group(1) not in settings:
            raise KeyError(f"the SQL uses ${{{match.group(1)}}}, which the pipeline does not set")
        return str(settings[match.group(1)])

    parts = tokens(SETTING.sub(value, sql))
    result, folders, at = [], [], 0
    while at < len(parts):
        if is_blank(parts[at]):
            result.append(parts[at])
            at += 1
        elif words(parts, at, ["READ_FILES", "("]):
            end = closing(parts, at)
            folder = landing_folder("".join(parts[at:end]), settings)
            folders.append(folder)
            result.append(folder.table)
            at = end
        elif words(parts, at, ["CLUSTER", "BY", "("]):
            at = closing(parts, at)
        elif words(parts, at, ["CLUSTER", "BY", "AUTO"]):
            at = words(parts, at, ["CLUSTER", "BY", "AUTO"])
        else:
            result.append(parts[at])
            at += 1
    return "".join(result), folders


def words(parts, at, expected):
    """The index after the expected words, blanks between them allowed, or None."""
    for word in expected:
        while at < len(parts) and is_blank(parts[at]):
            at += 1
        if at >= len(parts) or parts[at].upper() != word:
            return None
        at += 1
    return at


def closing(parts, at):
    """The index after the parenthesis that closes the first one at or after `at`."""
    depth = 0
    for index in range(at, len(parts)):
        depth += {"(": 1, ")": -1}.get(parts[index], 0)
        if parts[index] == ")" and depth == 0:
            return index + 1
    raise ValueError("a parenthesis is never closed: " + "".join(parts[at:at + 20]))


def landing_folder(call, settings):
    text, parameter = re.search(r"\(\s*(?:'([^']*)'|:(\w+))", call).groups()
    path = text or settings[parameter]
    options = dict(re.findall(r"(\w+)\s*=>\s*'?([^',)]*)'?", call))
    return LandingFolder("landing_" + path.rstrip("/").split("/")[-1].lstrip("_"), path, options)
