"""Types as JSON Schemas, and values that fit them or are refused with their place."""

from __future__ import annotations

import datetime
import decimal
import enum
import unittest
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NewType, NotRequired, Optional, TypedDict, Union

from tenon_sdk import Plugin, Step, TenonError, wait
from tenon_sdk._definition import DefinitionError
from tenon_sdk._schema import decode, encode, schema

Name = NewType("Name", str)


class Color(enum.Enum):
    RED = "red"
    NONE = None


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Options(TypedDict):
    depth: int
    tags: NotRequired[list[str]]


@dataclass
class Leaf:
    """A leaf.

    And more.
    """

    size: Annotated[float, "In cm."]
    at: datetime.datetime | None = None
    kind: Color = Color.RED
    seen: Sequence[datetime.date] = field(default_factory=list)


@dataclass
class Even:
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")


@dataclass
class Loop:
    inner: Loop | None = None


@dataclass
class Bad:
    good: int
    when: list[decimal.Decimal]


class Plain:
    pass


class Schemas(unittest.TestCase):
    def test_what_authors_write_has_a_schema(self) -> None:
        string = {"type": "string"}
        for kind, want in [
            (str, string),
            (int, {"type": "integer"}),
            (float, {"type": "number"}),
            (bool, {"type": "boolean"}),
            (type(None), {"type": "null"}),
            (Any, {}),
            (list, {"type": "array"}),
            (list[str], {"type": "array", "items": string}),
            (list[None], {"type": "array", "items": {"type": "null"}}),
            (dict, {"type": "object"}),
            (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
            (Mapping[str, Any], {"type": "object", "additionalProperties": {}}),
            (Optional[str], {"type": ["string", "null"]}),
            (Union[int, str], {"type": ["integer", "string"]}),
            (str | list[str], {"anyOf": [string, {"type": "array", "items": string}]}),
            (
                Annotated[str, "A."] | None,
                {"anyOf": [{"type": "string", "description": "A."}, {"type": "null"}]},
            ),
            (Literal["a", 1, True, None], {"enum": ["a", 1, True, None]}),
            (Literal[Color.RED], {"enum": ["red"]}),
            (Color, {"enum": ["red", None]}),
            (Level, {"enum": [1, 2]}),
            (Name, string),
            (datetime.datetime, {"type": "string", "format": "date-time"}),
            (datetime.date, {"type": "string", "format": "date"}),
        ]:
            with self.subTest(kind):
                self.assertEqual(schema(kind), want)
        self.assertEqual(
            schema(Options),
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "depth": {"type": "integer"},
                    "tags": {"type": "array", "items": string},
                },
                "required": ["depth"],
            },
        )
        leaf = schema(Leaf)
        self.assertEqual((leaf["description"], leaf["required"]), ("A leaf.", ["size"]))
        self.assertEqual(leaf["properties"]["size"], {"type": "number", "description": "In cm."})
        self.assertEqual(leaf["properties"]["kind"]["default"], "red")

    def test_what_cannot_be_described_is_refused_with_its_place_and_the_way_out(self) -> None:
        for kind, part in [
            (Bad, "it.when[] is Decimal, which JSON Schema cannot describe: use str or float"),
            (set[str], "it is set[str], which JSON Schema cannot describe: use list[…]"),
            (tuple[int, int], "use list[…]"),
            (bytes, "Base64"),
            (dict[int, str], "keys are always str in JSON"),
            (dict[str, Plain], "it.* is Plain, which JSON Schema cannot describe: make it a data"),
            (Loop, "it.inner is Loop, which JSON Schema cannot describe: it holds itself"),
            (Literal[b"x"], "its values must be of str"),
            (complex, "use str, int, float"),
        ]:
            with self.subTest(kind), self.assertRaises(DefinitionError) as caught:
                schema(kind, "it")
            self.assertIn(part, str(caught.exception))


class Values(unittest.TestCase):
    def test_values_arrive_as_what_they_are(self) -> None:
        utc = datetime.timezone.utc
        noon = datetime.datetime(2026, 1, 31, 12, tzinfo=utc)
        day = datetime.date(2026, 1, 31)
        given = {"size": 1, "at": "2026-01-31t12:00:00z", "kind": None, "seen": ["2026-01-31"]}
        leaf = Leaf(1.0, noon, Color.NONE, [day])
        for kind, value, want in [
            (Leaf, given, leaf),
            (int, 1.0, 1),
            (int | float, 1.5, 1.5),
            (float | int, 1, 1),
            (Color, "red", Color.RED),
            (Literal[Color.RED], "red", Color.RED),
            (list[Level], [2], [Level.HIGH]),
            (Options, {"depth": 1}, {"depth": 1}),
            (Even | str, {"number": 2}, Even(2)),
            (Name, "a", "a"),
        ]:
            with self.subTest(kind):
                made = decode(kind, value, "it")
                self.assertEqual(made, want)
                self.assertIs(type(made), type(want))
        written = {**given, "size": 1.0, "at": "2026-01-31T12:00:00+00:00"}
        self.assertEqual(encode(leaf), written)
        with self.assertRaisesRegex(TypeError, "no time zone"):
            encode(datetime.datetime(2026, 1, 31))

    def test_what_does_not_fit_is_invalid_with_the_place_and_what_was_expected(self) -> None:
        for kind, value, message in [
            (str, 1, "it must be a string, but is 1"),
            (int, True, "it must be an integer, but is true"),
            (int, 1.5, "it must be an integer, but is 1.5"),
            (float, False, "it must be a number, but is false"),
            (Level, True, "it must be one of [1, 2], but is true"),
            (Literal["a", "b"], "c", 'it must be one of ["a", "b"], but is "c"'),
            (Optional[str], 1, "it must be a string or null, but is 1"),
            (list[int], "1", 'it must be a list, but is "1"'),
            (list[dict[str, int]], [{}, {"a": "x"}], 'it[1].a must be an integer, but is "x"'),
            (Leaf, {}, "it lacks 'size', which must be a number"),
            (Leaf, {"size": 1, "sise": 1}, "it has no 'sise'; it has: size, at, kind, seen"),
            (Leaf | None, {"size": "x"}, 'it.size must be a number, but is "x"'),
            (Leaf, [], "it must be an object, but is []"),
            (Options, {"depth": None}, "it.depth must be an integer, but is null"),
            (Even, {"number": 3}, "it is refused: 3 is odd"),
            (datetime.date, "31.1.2026", "it must be a date such as 2026-01-31, but is"),
            (datetime.date, "2026-02-31", "it must be a date such as 2026-01-31, but is"),
            (datetime.datetime, "2026-01-31T12:00:00", "such as 2026-01-31T12:00:00Z, but is"),
        ]:
            with self.subTest(message), self.assertRaises(TenonError) as caught:
                decode(kind, value, "it")
            self.assertEqual(caught.exception.code, "invalid")
            self.assertIn(message, caught.exception.message)


class Actions(unittest.TestCase):
    def action(self, work: Any) -> dict[str, Any]:
        plugin = Plugin(name="demo", version="0.1.0", summary="x")
        plugin.action(work)
        return plugin.manifest("1.0.0")["actions"][0]  # type: ignore[no-any-return]

    def refused(self, work: Any) -> str:
        with self.assertRaises(DefinitionError) as caught:
            self.action(work)
        return str(caught.exception)

    def test_an_action_keeps_the_schema_of_what_it_takes(self) -> None:
        def leaf(given: Leaf) -> list[Leaf]:
            return [given]

        made = self.action(leaf)
        self.assertEqual(made["input"], schema(Leaf))
        self.assertEqual(made["output"], schema(list[Leaf]))

        def waits(given: str) -> Step:
            return wait(given)

        def says(given):  # type: ignore[no-untyped-def]
            return given

        self.assertIsNone(self.action(waits)["output"])
        self.assertIsNone(self.action(says)["input"])

    def test_an_action_that_cannot_be_described_is_refused_by_name(self) -> None:
        def sum_up(given: Bad) -> int:
            return given.good

        want = "the action 'sum-up': given.when[] is Decimal, which JSON Schema cannot describe: "
        self.assertEqual(self.refused(sum_up), want + "use str or float")

        def listed(given: str) -> set[str]:
            return {given}

        self.assertIn("the action 'listed': what it returns is set[str]", self.refused(listed))

        def two(a: int, b: int) -> int:
            return a + b

        self.assertIn("'two' must take one parameter, its input, but takes a, b", self.refused(two))

        def lost(given: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
            return 1

        self.assertIn("the types of the action 'lost' cannot be read", self.refused(lost))


if __name__ == "__main__":
    unittest.main()
