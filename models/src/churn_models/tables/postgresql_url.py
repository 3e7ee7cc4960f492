"""The address of a table in PostgreSQL, taken apart so that no part of a password is ever printed."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from churn_models.errors import DataUnreadable

_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ADDRESS = "postgresql://[user[:password]@][host][:port]/database/[schema.]table[?options]"


@dataclass(frozen=True)
class PostgresqlTable:
    """One table and how to reach its database; what the URL leaves out comes from PGHOST, PGUSER, PGPASSWORD …"""

    options: dict[str, str] = field(repr=False)
    """What libpq is given: host, port, dbname, user, password, sslmode …"""
    table: tuple[str, ...]

    @staticmethod
    def is_url(dataset: str) -> bool:
        """Whether this names a table, by SQLAlchemy's spelling (postgresql+psycopg://) too."""
        return _SCHEME.match(dataset) is not None

    @classmethod
    def from_url(cls, url: str) -> "PostgresqlTable":
        """Read the address. Raises DataUnreadable, which shows nothing of it before the last @."""
        credentials, _, rest = _SCHEME.sub("", url, count=1).rpartition("@")
        if re.search(r"[/?#@\s]", credentials) or _BAD_PERCENT.search(credentials):
            raise DataUnreadable(
                f"the user or password in the address of {_shown(rest)} holds a sign that must be percent-encoded "
                "there (/ is %2F, # is %23, ? is %3F, @ is %40, % is %25); PGUSER and PGPASSWORD take it as it is"
            )
        address, _, query = rest.partition("?")
        host, _, path = address.partition("/")
        names = [name for name in path.split("/") if name]
        if len(names) != 2:
            raise DataUnreadable(f"{_shown(rest)} must end in /database/table: {_ADDRESS}")
        user, _, password = credentials.partition(":")
        given = {**_hosts(host), "dbname": names[0], "user": user, "password": password}
        options = {name: unquote(value) for name, value in given.items() if value} | dict(parse_qsl(query))
        return cls(options, tuple(unquote(name) for name in names[1].split(".")))

    def __str__(self) -> str:
        hosts, ports = (self.options.get(name, "").split(",") for name in ("host", "port"))
        ports += [""] * (len(hosts) - len(ports))
        pairs = zip(hosts, ports, strict=False)
        where = ",".join(_bracketed(host) + (f":{port}" if port else "") for host, port in pairs)
        return f"postgresql://{where}/{self.options['dbname']}/{'.'.join(self.table)}"

    def without_secrets(self, text: str) -> str:
        """What a library says, with no password of this address in it."""
        for name in ("password", "sslpassword"):
            if secret := self.options.get(name):
                text = text.replace(secret, "***")
        return text


def _hosts(text: str) -> dict[str, str]:
    """`host:port`, also several with commas between, and IPv6 in brackets."""
    pairs = [re.fullmatch(r"(?:\[(.*)\]|([^:]*))(?::(\d*))?", part) for part in text.split(",")]
    if not all(pairs):
        raise DataUnreadable(f"postgresql://{text}/ is no host:port: {_ADDRESS}")
    ports = ",".join(pair[3] or "" for pair in pairs if pair)
    return {"host": ",".join(pair[1] or pair[2] or "" for pair in pairs if pair), "port": ports.strip(",") and ports}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _shown(rest: str) -> str:
    return f"postgresql://{re.split('[?#]', rest)[0]}"
