import pytest

from ledger.store.connection import driver_url, plain_url


@pytest.mark.parametrize("url", ["postgresql://u@h:1/d", "postgres://u@h:1/d", "postgresql+psycopg://u@h:1/d"])
def test_every_spelling_of_a_postgresql_url_is_understood(url: str) -> None:
    assert driver_url(url) == "postgresql+psycopg://u@h:1/d"
    assert plain_url(url) == "postgresql://u@h:1/d"


def test_another_database_is_refused_without_telling_the_url() -> None:
    with pytest.raises(ValueError, match="a URL of 'mysql'") as refusal:
        driver_url("mysql://user:secret@host/db")
    assert "secret" not in str(refusal.value)
