"""What can be set from outside, and where the running stack is found. The only module that reads the environment."""

import json
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parents[1]


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which one and what to do."""


def _default_home() -> Path:
    """`.local` of the checkout, or of the working directory when installed as a wheel."""
    base = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
    return base / ".local"


class Settings(BaseSettings):
    """Each field is an environment variable with the prefix `SPP_`. An empty variable counts as not set."""

    model_config = SettingsConfigDict(env_prefix="SPP_", env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path = Field(default_factory=_default_home, description="everything the local stack writes")
    kafka_bootstrap: str | None = Field(default=None, description="your own brokers, host:port[,host:port]")
    ledger_url: str | None = Field(default=None, repr=False, description="your own PostgreSQL, postgresql://…")
    keys: Path | None = Field(default=None, description="directory of the key registry; default HOME/keys")
    policy: Path | None = Field(default=None, description="directory of policy packs to be proposed; default none")
    kafka_jars: Path | None = Field(default=None, description="directory of Kafka's jars; default HOME/kafka/jars")
    kafka_port: int = Field(default=0, ge=0, le=65535, description="port of the embedded broker; 0 takes a free one")
    postgres_port: int = Field(
        default=0, ge=0, le=65535, description="port of the embedded PostgreSQL; 0 takes a free one"
    )
    witness: str | None = Field(default=None, description="address of the witness that countersigns, http://host:port")
    witness_key: str | None = Field(default=None, description="its key, as `spp witness key` prints it")
    witness_port: int = Field(default=0, ge=0, le=65535, description="port of the local witness; 0 takes a free one")
    npca_url: str | None = Field(default=None, repr=False, description="the certifying agency's own PostgreSQL")
    npca_keys: Path | None = Field(
        default=None, description="the agency's key registry and its key as a source; default HOME/keys"
    )
    exchange_url: str | None = Field(
        default=None, repr=False, description="the payment exchange's own database, postgresql://…"
    )
    exchange: Path | None = Field(
        default=None, description="directory of the exchange's files and officers; default HOME/exchange"
    )
    exchange_banks: Path | None = Field(
        default=None, description="the exchange's banks file; default the examples for the bank simulator"
    )
    metrics_port: int = Field(
        default=0, ge=0, le=65534, description="metrics port of the first worker; the next follow"
    )
    metrics_address: str = Field(
        default="127.0.0.1", description="address that metrics are served on; 0.0.0.0 lets other machines read them"
    )

    @property
    def run_directory(self) -> Path:
        """One JSON file for each running process."""
        return self.home / "run"

    @property
    def log_directory(self) -> Path:
        """One log for each process of the local stack."""
        return self.home / "logs"

    @property
    def keys_directory(self) -> Path:
        """Holds `registry.json` and, on a laptop, the sources' private keys."""
        return self.keys or self.home / "keys"

    @property
    def log_keys_directory(self) -> Path:
        """Private keys that sign the log; only the process that seals needs them."""
        return self.keys_directory / "log"

    @property
    def witness_directory(self) -> Path:
        """Key and memory of the local witness. A real one is somebody else's, on another machine."""
        return self.home / "witness"

    @property
    def npca_keys_directory(self) -> Path:
        """The registry the agency verifies operators by, and its own key. On a laptop everybody's are in one place."""
        return self.npca_keys or self.keys_directory

    @property
    def npca_password_file(self) -> Path:
        """Password of the agency's role in the embedded PostgreSQL; the ledger's programs do not read it."""
        return self.home / "npca" / "password"

    @property
    def npca(self) -> str:
        """The agency's URL: the one given, else its database in the embedded PostgreSQL; SettingsError when neither."""
        if self.npca_url:
            return self.npca_url
        place = self._running("postgres", "url", "SPP_NPCA_URL").rpartition("@")[2].rpartition("/")[0]
        try:
            password = self.npca_password_file.read_text()
        except OSError as error:
            msg = f"{self.npca_password_file} cannot be read: run `spp up`, or set SPP_NPCA_URL to the agency's server"
            raise SettingsError(msg) from error
        return f"postgresql://npca:{password}@{place}/npca"

    @property
    def witness_url(self) -> str | None:
        """Where the witness answers: the one given, else the local one, else None."""
        return self.witness or self._running_witness("url")

    @property
    def witness_vkey(self) -> str | None:
        """The witness's key: the one given with its address, else that of the local witness, else None."""
        return self.witness_key if self.witness else self._running_witness("key")

    def _running_witness(self, field: str) -> str | None:
        try:
            return self._running("witness", field, "SPP_WITNESS")
        except SettingsError:
            return None

    @property
    def jars_directory(self) -> Path:
        """Kafka's jars."""
        return self.kafka_jars or self.home / "kafka" / "jars"

    @property
    def exchange_directory(self) -> Path:
        """Files to and from banks, officers' keys."""
        return self.exchange or self.home / "exchange"

    @property
    def exchange_database(self) -> str:
        """URL of the exchange's database: the one given, else one beside the running local ledger's; SettingsError."""
        if self.exchange_url:
            return self.exchange_url
        if self.ledger_url:
            msg = "SPP_LEDGER_URL names your own server: name the exchange's database too, with SPP_EXCHANGE_URL"
            raise SettingsError(msg)
        return self._running("postgres", "url", "SPP_EXCHANGE_URL").rpartition("/")[0] + "/spp_exchange"

    @property
    def policy_directory(self) -> Path:
        """The packs a policy is proposed from, or those that come with the program."""
        return self.policy or Path(__file__).resolve().parents[1] / "processors" / "policy" / "packs"

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses: those given, else those of the running local stack; SettingsError when neither."""
        return self.kafka_bootstrap or self._running("kafka", "bootstrap", "SPP_KAFKA_BOOTSTRAP")

    @property
    def ledger(self) -> str:
        """The ledger's URL: the one given, else that of the running local stack; SettingsError when neither."""
        return self.ledger_url or self._running("postgres", "url", "SPP_LEDGER_URL")

    def _running(self, name: str, field: str, variable: str) -> str:
        path = self.run_directory / f"{name}.json"
        try:
            return str(json.loads(path.read_text())["details"][field])
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"{name} is not running for {self.home}: start it with `spp up`, or set {variable} to your own server"
            raise SettingsError(msg) from error


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()


def load_settings() -> Settings:
    """Read the environment anew; SettingsError names the variable that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = "SPP_" + "_".join(str(part) for part in first["loc"]).upper()
        msg = f"{variable}: {first['msg']}; correct or unset it"
        raise SettingsError(msg) from error
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})
