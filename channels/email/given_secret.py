"""Secrets that others have chosen, such as a mailbox's password: they are as long as they are."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo

from gateway.core.settings import SecretReference


def _resolve(value: Any, info: ValidationInfo) -> Any:
    """While a file is loaded the validation's context is the loader's resolver, and nothing but a reference will do."""
    return info.context(value) if callable(info.context) else value


GivenSecret = Annotated[
    SecretStr,
    BeforeValidator(_resolve, json_schema_input_type=SecretReference),
    Field(min_length=1, json_schema_extra={"secret": True}),
]
"""A secret's value. In the file it is a reference, `{env: NAME}` or `{file: PATH}`, which the loader resolves."""
