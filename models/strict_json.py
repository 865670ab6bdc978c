"""JSON read into dataclasses with nothing guessed: every key known, none missing, every value of its type."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class InvalidJson(ValueError):
    """The message names the key by its path, what was found and what is expected."""


def read_as(kind: Any, value: object, key: str) -> Any:  # noqa: ANN401 - an annotation in, a value of that type out
    """Read a decoded JSON value as `kind`.

    Every field of a dataclass must be there, but for those whose metadata says `optional`.

    Parameters
    ----------
    kind
        A dataclass, bool, int, finite float, str, None, a `Literal`, a union, `tuple[x, ...]`, `dict[str, x]`, or Any.
    key
        Path of the value, for errors.

    Raises
    ------
    InvalidJson
        For the first key that does not fit.
    """
    if kind is Any:
        return value
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_dataclass(kind, value, key)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(read_as(arguments[0], item, f"{key}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        return {read_as(arguments[0], k, key): read_as(arguments[1], v, f"{key}.{k}") for k, v in value.items()}
    if origin in (Union, UnionType):
        return _read_union(arguments, value, key)
    if origin is Literal and value in arguments:
        return value
    if kind is float and type(value) in (int, float) and math.isfinite(value):  # type: ignore[arg-type] # is a number
        return float(value)  # type: ignore[arg-type] # is a number
    if kind is not float and type(value) is kind:
        return value
    raise InvalidJson(f"{key} is {value!r:.60}, expected {_words(kind)}")


def _read_dataclass(kind: type, value: object, key: str) -> object:
    if not isinstance(value, Mapping):
        raise InvalidJson(f"{key} is {value!r:.60}, expected an object")
    names = [field.name for field in fields(kind)]
    needed = [field.name for field in fields(kind) if not field.metadata.get("optional")]
    if unknown := [name for name in value if name not in names]:
        raise InvalidJson(f"{key} has the unknown key {unknown[0]!r}; known are {', '.join(names)}")
    if missing := [name for name in needed if name not in value]:
        raise InvalidJson(f"{key} lacks the key {missing[0]!r}")
    hints = get_type_hints(kind)
    return kind(**{name: read_as(hints[name], value[name], f"{key}.{name}") for name in names if name in value})


def _read_union(kinds: tuple[Any, ...], value: object, key: str) -> object:
    for kind in kinds:
        try:
            return read_as(kind, value, key)
        except InvalidJson:
            continue
    raise InvalidJson(f"{key} is {value!r:.60}, expected {' or '.join(_words(kind) for kind in kinds)}")


def _words(kind: Any) -> str:  # noqa: ANN401 - an annotation
    if get_origin(kind) is Literal:
        return " or ".join(repr(choice) for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return f"a list of {_words(get_args(kind)[0])}"
    plain = {int: "an integer", float: "a finite number", str: "a string", bool: "true or false", NoneType: "null"}
    return plain.get(kind, "an object")
