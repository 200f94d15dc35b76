"""What Python's json makes of texts, for the fuzz target `json`: asked over standard input, answered over standard output.

A question: one byte (`T`: a text; `E`: is it equal to the next element of the last text?), its length in four bytes, it.
An answer: one byte of flags, two of depth, one of a kind of error, four of a length, an event key.
"""

import json
import math
import re
import struct
import sys
import zlib

UTF8, SYNTAX, LONE, RANGE, TWICE, EQUAL, KEY = 1, 2, 4, 8, 16, 32, 64
SURROGATES = re.compile("[\ud800-\udfff]")
sys.setrecursionlimit(1 << 20)


class Own:
    """Equal to its own kind only."""

    def __eq__(self, other):
        return type(self) is type(other) and super().__eq__(other)

    __hash__ = None


class Whole(Own, str):
    """An integer, by its digits."""


class Fraction(Own, str):
    """Any other number, by its digits."""


class Members(Own, list):
    """An object, all of its members in order."""


class Reader:
    def __init__(self):
        self.flags = 0
        self.decoder = json.JSONDecoder(
            parse_int=self.whole, parse_float=self.fraction, parse_constant=self.constant, object_pairs_hook=self.members)

    def whole(self, digits):
        # Beyond 64 bits. More digits than Python itself converts are beyond them, too.
        if len(digits) > 21 or not -(1 << 63) <= int(digits) < 1 << 64:
            self.flags |= RANGE
        return Whole(digits)

    def fraction(self, digits):
        if math.isinf(float(digits)):
            self.flags |= RANGE
        return Fraction(digits)

    def constant(self, name):
        raise ValueError(f"{name} is not in RFC 8259")

    def members(self, pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            self.flags |= TWICE
        if any(SURROGATES.search(name) for name, _ in pairs):
            self.flags |= LONE
        return Members(pairs)

    def read(self, text):
        """The value, or None; and a number for what is wrong."""
        self.flags = 0
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            return None, 1
        self.flags |= UTF8
        if text.startswith("\ufeff"):
            return None, 2
        try:
            value, end = self.decoder.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
        except json.JSONDecodeError as error:
            return None, 3 + zlib.crc32(error.msg.encode()) % 100
        except ValueError:
            return None, 104
        if text[end:].strip(" \t\r\n"):
            return None, 105
        self.flags |= SYNTAX
        return value, 0


def depth(value):
    """The nesting of arrays and objects; notes what else only a walk sees."""
    deepest, todo = 0, [(value, 1)]
    while todo:
        value, level = todo.pop()
        if isinstance(value, Members):
            deepest = max(deepest, level)
            todo += [(item, level + 1) for _, item in value]
        elif isinstance(value, list):
            deepest = max(deepest, level)
            todo += [(item, level + 1) for item in value]
        elif SURROGATES.search(value) if isinstance(value, str) else False:
            reader.flags |= LONE
    return deepest


def key(value):
    """The first member `k`, where it may be an event's key."""
    if isinstance(value, Members):
        for name, item in value:
            if name == "k":
                return item if isinstance(item, str) and not isinstance(item, Fraction) else None
    return None


def exactly(count):
    data = sys.stdin.buffer.read(count)
    if len(data) < count:
        sys.exit()
    return data


reader = Reader()
elements = iter(())
while True:
    kind, length = struct.unpack("<cI", exactly(5))
    value, wrong = reader.read(exactly(length))
    deepest = depth(value) if reader.flags & SYNTAX else 0
    name = b""
    if kind == b"E":
        if reader.flags & SYNTAX and [value] == [next(elements, Own())]:
            reader.flags |= EQUAL
    elif reader.flags & SYNTAX:
        elements = iter(value if type(value) is list else [value])
        found = key(value)
        if found is not None and not reader.flags & LONE:
            reader.flags |= KEY
            name = found.encode()
    else:
        elements = iter(())
    sys.stdout.buffer.write(struct.pack("<BHBI", reader.flags, min(deepest, 65535), wrong, len(name)) + name)
    sys.stdout.buffer.flush()
