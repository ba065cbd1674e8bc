"""Values: dataclasses that type checkers know to be frozen, and that cost a quarter of a frozen one to make.

`@dataclass(frozen=True)` makes each field's assignment in `__init__` a call of `object.__setattr__`, which came to a
tenth of the processor time of an intake. Here `frozen` is what mypy keeps (no assignment to a field passes
`make check`), and at run time it only gives the class its hash. `replace` is the standard library's, at a third of its
price.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    from dataclasses import dataclass as _dataclass
    from dataclasses import fields
    from functools import cache
    from operator import attrgetter

    def dataclass(*, frozen=False, **options):
        """As the standard library's, for classes decorated with options."""
        return _dataclass(unsafe_hash=frozen, **options)

    def replace(value, /, **changes):
        """For classes of more than one field, that all can be given in their order."""
        kind = value.__class__
        other = kind(*_values_of(kind)(value))
        for name, given in changes.items():
            setattr(other, name, given)
        return other

    @cache
    def _values_of(kind):
        return attrgetter(*(each.name for each in fields(kind)))


__all__ = ["dataclass", "replace"]
