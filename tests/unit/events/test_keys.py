import json
import os
from pathlib import Path
from typing import Any

import pytest

from events.errors import ContractError
from events.keys import KeyRegistry, RegistryError
from events.local_keys import LOCAL_BANKS, local_signer, make_local_keys, retired_signer
from events.signing import Verifier
from events.sources import SOURCES

NOW = 1_600_000_000_000_000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    make_local_keys(tmp_path, ["nssf", "bank.wing"])
    return tmp_path


def entry(directory: Path, **changes: object) -> None:
    """Change the first entry of the registry."""
    file = directory / "registry.json"
    content: Any = json.loads(file.read_bytes())
    content["keys"][0] = {**content["keys"][0], **changes}
    file.write_text(json.dumps(content))


def test_every_source_gets_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    make_local_keys(tmp_path / "keys")
    files = sorted((tmp_path / "keys").glob("*.key"))
    assert {file.stem for file in files} == {*SOURCES, *LOCAL_BANKS}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    registry = KeyRegistry.read(tmp_path / "keys")
    for source in SOURCES:
        signer = local_signer(tmp_path / "keys", source)
        key = registry.get(signer.key_id)
        assert key is not None
        assert key.source == source
        header = signer.sign_one(b"value")
        assert Verifier(registry).verify(source, "unknown.type", b"value", header, signer.key_id, NOW) is key


def test_keys_and_permissions_that_are_there_stay(directory: Path) -> None:
    entry(directory, types=["batch.*"], schemes=["nssf"])
    before = (directory / "nssf.key").read_bytes()
    make_local_keys(directory, ["nssf", "hef"])
    assert (directory / "nssf.key").read_bytes() == before
    registry = KeyRegistry.read(directory / "registry.json")
    key = registry.of_source("nssf")[0]
    assert (key.types, key.schemes) == (frozenset({"batch.*"}), frozenset({"nssf"}))
    assert registry.of_source("hef")


def test_default_permissions_keep_operators_apart(directory: Path) -> None:
    key = KeyRegistry.read(directory).of_source("nssf")[0]
    assert key.permits_type("payment.requested")
    assert not key.permits_type("payment.settled")
    assert key.permits_scheme("nssf.worker")
    assert not key.permits_scheme("nsaf")
    bank = KeyRegistry.read(directory).of_source("bank.wing")[0]
    assert bank.permits_type("payment.settled")
    assert not bank.permits_type("payment.requested")


def test_the_retired_key_is_registered_and_no_longer_valid(directory: Path, tmp_path: Path) -> None:
    signer = retired_signer(directory)
    verifier = Verifier(KeyRegistry.read(directory))
    with pytest.raises(ContractError, match="key_not_valid"):
        verifier.verify("nssf", "payment.requested", b"value", signer.sign_one(b"value"), signer.key_id, NOW)
    with pytest.raises(RegistryError, match="does not exist"):
        retired_signer(tmp_path / "nowhere")


def test_a_missing_key_is_named_with_those_there_are(directory: Path) -> None:
    for source in ("hef", "nobody", "../nssf"):
        with pytest.raises(RegistryError, match=r"bank\.wing, nssf"):
            local_signer(directory, source)


def test_no_key_is_made_for_what_is_no_source(tmp_path: Path) -> None:
    for source in ("nobody", "spp", "../x"):
        with pytest.raises(RegistryError, match="not on the list"):
            make_local_keys(tmp_path, [source])
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "nobody"}, "source 'nobody' is not on the list"),
        ({"source": "spp"}, "source 'spp' is not on the list"),
        ({"public_key": "AAAA"}, "public_key is not 32 bytes"),
        ({"public_key": "?"}, "public_key is not 32 bytes"),
        ({"valid_from": "2018-01-01"}, "RFC 3339 times with offset"),
        ({"valid_until": "never"}, "RFC 3339 times with offset"),
        ({"valid_until": "2018-01-01T00:00:00Z"}, "valid_until is not after valid_from"),
        ({"owner": "x"}, "unknown field `owner`"),
        ({"types": "all"}, "Expected `array`"),
        ({"key_id": "bank.wing-local"}, "registered twice"),
    ],
)
def test_a_registry_that_cannot_be_used_says_why(directory: Path, changes: dict[str, object], message: str) -> None:
    entry(directory, **changes)
    with pytest.raises(RegistryError, match=message):
        KeyRegistry.read(directory)


def test_a_registry_of_another_version_or_nowhere(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="does not exist"):
        KeyRegistry.read(tmp_path / "nowhere" / "registry.json")
    (directory / "registry.json").write_text('{"version":2,"keys":[]}')
    with pytest.raises(RegistryError, match="version 2"):
        KeyRegistry.read(directory)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_file_that_is_no_key(directory: Path) -> None:
    (directory / "nssf.key").write_text("no key")
    with pytest.raises(RegistryError, match="not a private key"):
        local_signer(directory, "nssf")
