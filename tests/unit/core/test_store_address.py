"""What the address of a store says, and what it never shows."""

import pytest
from pydantic import SecretStr

from gateway.core.store_address import StoreAddress, store_address


@pytest.mark.parametrize("file", ["relevo.db", "/var/lib/relevo/relevo.db"])
def test_a_file(file: str) -> None:
    assert store_address(f"sqlite:{file}").file == file


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://relevo@localhost/relevo",
        "postgresql://relevo@one,two:5433/relevo?sslmode=verify-full",
        "postgresql://relevo@[::1]:5433/relevo",
        "postgresql://relevo@/relevo?host=/run/postgresql",
    ],
)
def test_a_database_on_one_host_or_several(url: str) -> None:
    assert store_address(url) == StoreAddress(scheme="postgresql", shown=url)


def test_a_password_is_kept_apart() -> None:
    address = store_address("postgresql://relevo:a%40b@one,two/relevo")
    assert str(address) == "postgresql://relevo@one,two/relevo"
    assert address.password == SecretStr("a@b")
    assert "a@b" not in repr(address)


@pytest.mark.parametrize("url", ["", "relevo.db", "sqlite:", "sqlite::memory:", "sqlite:///relevo.db", "mysql://a@b/c"])
def test_no_store(url: str) -> None:
    with pytest.raises(ValueError, match=r"^the address of a store is needed, such as sqlite:relevo\.db"):
        store_address(url)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://one/relevo", "the user or the database is missing"),
        ("postgresql://relevo@one", "the user or the database is missing"),
        ("postgresql://relevo@one/?sslmode=require", "the user or the database is missing"),
        ("postgresql://relevo@one:x/relevo", "a number from 1 to 65535"),
        ("postgresql://relevo@one:70000/relevo", "a number from 1 to 65535"),
        ("postgresql://relevo@[::1/relevo", "does not understand"),
        ("postgresql://relevo@one/relevo?colour=red", 'parameter: "colour"'),
        ("postgresql://relevo@one/relevo?password=canary", "before the @ alone"),
        ("postgresql://relevo@one/relevo?sslpassword=canary", "before the @ alone"),
        ("postgresql://relevo:canary@one:x/relevo", "a number from 1 to 65535"),
        ("postgresql://relevo:can/ary@one/relevo", "the user or the database is missing"),
        ("postgresql://relevo:canary@one/relevo?colour=red", "colour"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        store_address(url)
    assert "canary" not in str(caught.value)
    assert "ary" not in str(caught.value).replace("library", "")
