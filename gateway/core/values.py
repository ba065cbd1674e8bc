"""Values: dataclasses that type checkers know to be frozen, and that cost a quarter of a frozen one to make.

`@dataclass(frozen=True)` makes each field's assignment in `__init__` a call of `object.__setattr__`, which came to a
tenth of the processor time of an intake. Here `frozen` is what mypy keeps (no assignment to a field passes
`make check`), and at run time it only gives the class its hash.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from dataclasses import dataclass as _dataclass

    def dataclass(*, frozen=False, **options):
        """As the standard library's, for classes decorated with options."""
        return _dataclass(unsafe_hash=frozen, **options)


__all__ = ["dataclass"]
