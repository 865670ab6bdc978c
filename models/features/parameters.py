"""What a feature function is set to: frozen dataclasses that travel in a bundle's manifest as JSON objects."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints


class InvalidParameters(ValueError):
    """A feature's parameters cannot be used; the message names the key, what was found and what is allowed."""


@dataclass(frozen=True)
class Parameters:
    """Base of every feature's parameters.

    Fields may be bool, int, float, str, `Literal` strings, or tuples of one of them.
    """

    def to_json(self) -> dict[str, Any]:
        """Every field, ready for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read what `to_json` wrote; every key must be there, so that no default of the code decides about a model.

        Raises
        ------
        InvalidParameters
            For unknown, missing or wrongly typed keys, and for values that the class itself refuses.
        """
        if not isinstance(data, Mapping):
            raise InvalidParameters(f"parameters: found {type(data).__name__}, expected an object")
        names = [field.name for field in fields(cls)]
        if unknown := sorted(set(data) - set(names)):
            raise InvalidParameters(f"parameters: unknown key {unknown[0]!r}; known are {', '.join(names)}")
        if missing := [name for name in names if name not in data]:
            raise InvalidParameters(f"parameters: key {missing[0]!r} is missing")
        hints = get_type_hints(cls)
        return cls(**{name: _converted(name, data[name], hints[name]) for name in names})


def _converted(name: str, value: object, hint: Any) -> object:  # noqa: ANN401 - a type annotation, whatever it is
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        item = get_args(hint)[0]
        return tuple(_converted(f"{name}[{i}]", v, item) for i, v in enumerate(value))
    if get_origin(hint) is Literal and value in get_args(hint):
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    expected = hint.__name__ if isinstance(hint, type) else str(hint).removeprefix("typing.")
    raise InvalidParameters(f"parameters: {name} is {value!r:.60}, expected {expected}")
