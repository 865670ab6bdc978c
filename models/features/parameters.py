"""What a feature function is set to: frozen dataclasses that travel in a bundle's manifest as JSON objects."""

from dataclasses import asdict, dataclass
from typing import Any, Self, cast

from models.strict_json import InvalidJson, read_as


class InvalidParameters(ValueError):
    """A feature's parameters cannot be used; the message names the key, what was found and what is expected."""


@dataclass(frozen=True)
class Parameters:
    """Base of every feature's parameters; its fields are of the kinds that `models.strict_json` reads."""

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
        try:
            return cast(Self, read_as(cls, data, "parameters"))
        except InvalidJson as error:
            raise InvalidParameters(str(error)) from None
