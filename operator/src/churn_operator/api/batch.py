"""spec.batch: a whole table scored by schedule, by as many pods as are asked for."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.database import (
    DATABASE,
    RequireAuth,
    SslMode,
    address_rule,
    is_database,
    own_secret_rule,
    password_rule,
)
from churn_operator.api.pod_options import ObjectName, Rule
from churn_operator.api.quantities import Duration, Name, lasts
from churn_operator.api.resources import ComputeResources, one_core


def _cron_field(number: str, names: str = "") -> str:
    words = ["".join(f"[{letter.upper()}{letter}]" for letter in word) for word in names.split()]
    value = f"({'|'.join([number, *words])})"
    one = rf"([*?]|{value}(-{value})?)(/[1-9][0-9]?)?"
    return f"{one}(,{one})*"


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DAYS = "sun mon tue wed thu fri sat"
_CRON = " +".join(
    [
        _cron_field("[0-5]?[0-9]"),
        _cron_field("2[0-3]|[01]?[0-9]"),
        _cron_field("3[01]|[12][0-9]|0?[1-9]"),
        _cron_field("1[0-2]|0?[1-9]", _MONTHS),
        _cron_field("[0-6]", _DAYS),
    ]
)
SCHEDULE = f"^({_CRON}|@(yearly|annually|monthly|weekly|daily|midnight|hourly))$"
"""What the API server takes for the schedule of a CronJob, but for ranges that run backwards."""


def _number(of: str) -> str:
    """CEL: a value of a schedule as a number, its name's as Kubernetes counts it: 1 for jan, 0 for sun."""
    return f"({of}.matches('^[0-9]') ? int({of}) : ('{_MONTHS} {_DAYS}'.indexOf({of}.lowerAscii()) / 4 + 1) % 13)"


def _forwards() -> Rule:
    first, last = (_number(f"r.split('-')[{end}]") for end in (0, 1))
    return (
        f"self.schedule.findAll('([0-9]{{1,2}}|[A-Za-z]{{3}})-([0-9]{{1,2}}|[A-Za-z]{{3}})').all(r, {first} <= {last})",
        "a range in schedule runs from the smaller to the greater, names counted from jan = 1 and sun = 0: 22-23,0-2 "
        "for 22-2, sat,sun,mon for sat-mon",
    )


def _list_of(value: str) -> str:
    return f"{value}(,{value})*"


def _comes() -> Rule:
    """Not a day that none of its months has, on whatever weekday. Steps of months alone (2/9) are not looked into."""
    short = _list_of("(0?[2469]|11|[Ff][Ee][Bb]|[Aa][Pp][Rr]|[Jj][Uu][Nn]|[Ss][Ee][Pp]|[Nn][Oo][Vv])")
    late, february = _list_of("(30(-3[01])?|31(-31)?)(/[0-9]+)?"), _list_of("(0?2|[Ff][Ee][Bb])")
    days = f"({_list_of('31(-31)?(/[0-9]+)?')} +{short}|{late} +{february})"
    return (
        f"!self.schedule.matches('^[^ ]+ +[^ ]+ +{days} +[*?]$')",
        "schedule names a day that none of its months has, so it never comes: 0 0 28 2 * for 0 0 31 2 *",
    )


_FILES = r"[A-Za-z0-9_.*?\[\]][A-Za-z0-9_.*?\[\] ,=+@%/-]*"
_FOLDER = r"[A-Za-z0-9_.][A-Za-z0-9_. ,=+@%/-]*"
_BELOW = "(^|/)[.][.](/|$)"

Column = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Output = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=128)]


def _stays_below(field: str) -> Rule:
    return f"!self.{field}.matches('{_BELOW}')", f"{field} must not leave the volume by .."


def _for_patterns(holds: str) -> str:
    """CEL: whether this holds, where input is a pattern and both places lie in the volume."""
    in_volume = f"![self.input, self.output].exists(place, place.matches('{DATABASE}'))"
    return f"!({in_volume} && self.input.matches('[*?[]')) || ({holds})"


def _reads_no_scores() -> Rule:
    """No pattern that could match OUTPUT/run=NAME/part.parquet: the second run would score the first one's rows.

    By its text before the first wildcard and its depth alone, so it refuses some that would match none.
    """
    begins, folder = "self.input.find('^[^*?[]*')", "(self.output + '/')"
    meets = f"{folder}.startsWith({begins}) || {begins}.startsWith({folder})"
    as_deep = "self.input.contains('**') || size(self.input.split('/')) == size(self.output.split('/')) + 2"
    return (
        _for_patterns(f"!(({meets}) && ({as_deep}))"),
        "the pattern of input could match what earlier runs wrote below output; name folders apart, such as "
        "customers/**/*.parquet and scores",
    )


class Batch(ApiModel):
    """A table that is scored by schedule: a CronJob whose Jobs share it by row groups."""

    rules: ClassVar[list[Rule]] = [
        (
            f"self.schedule.matches('{SCHEDULE}')",
            "schedule is five fields of cron (minute hour day month weekday), such as '15 3 * * *', or one of @hourly, "
            "@daily, @weekly, @monthly and @yearly",
        ),
        _forwards(),
        _comes(),
        (
            # An unknown zone is an error of this function, with the zone in it.
            "timestamp('2026-01-01T00:00:00Z').getHours(self.timeZone) >= 0",
            "timeZone must be a name of the time zone database, such as Europe/Berlin",
        ),
        ("self.timeZone != 'Local'", "timeZone Local is another one on each node; name one, such as Europe/Berlin"),
        (
            f"has(self.volumeClaim) || (self.input.matches('{DATABASE}') && self.output.matches('{DATABASE}'))",
            "files lie in a PersistentVolumeClaim: name it in volumeClaim",
        ),
        (
            f"self.parallelism == 1 || (self.input.endsWith('.parquet') && ![self.input, self.output].exists(place, "
            f"place.matches('{DATABASE}')))",
            "parallelism above 1 needs Parquet as input, whose row groups are shared, and a folder as output: text and "
            "tables of PostgreSQL are read and written by one pod",
        ),
        _stays_below("input"),
        _stays_below("output"),
        (
            _for_patterns("![self.input, self.output].exists(place, place.matches('(^|/)[.]?(/|$)'))"),
            "where input is a pattern, input and output are written without //, ./ and a / at the end",
        ),
        _reads_no_scores(),
        password_rule("input"),
        password_rule("output"),
        address_rule("input"),
        address_rule("output"),
        own_secret_rule(),
        one_core("a pod scores on one core, and a larger table needs more pods (parallelism)"),
        (lasts("deadline", "1m", "168h"), "deadline must be from 1m to 168h"),
    ]

    schedule: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="When, as cron writes it (minute hour day month weekday), such as '15 3 * * *', or @daily. A run "
        "that is still under way is not joined by another; one that is an hour late is left out."
    )
    time_zone: Annotated[
        str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", max_length=64)
    ] = Field(default="Etc/UTC", description="Time zone of the schedule, such as Europe/Berlin.")
    input: Annotated[
        str,
        StringConstraints(
            pattern=rf"^(postgres(ql)?://[^/]+/[^/]+/[^/]+|{_FILES}\.(parquet|(csv|tsv)(\.gz)?))$", max_length=1024
        ),
    ] = Field(
        description="A .parquet, .csv or .tsv file (the last two also with .gz) in the volume, Parquet files by a "
        "pattern such as 'customers/*.parquet', or postgresql://host/database/table. No password in it: see "
        "credentialsSecret."
    )
    output: Annotated[
        str, StringConstraints(pattern=rf"^(postgres(ql)?://[^/]+/[^/]+/[^/]+|{_FOLDER})$", max_length=1024)
    ] = Field(
        description="A folder in the volume: each run writes a folder run=TIME of its own there, with one Parquet file "
        "of each pod and, last, _SUCCESS with counts and digest. Or postgresql://host/database/table, whose rows each "
        "run replaces."
    )
    volume_claim: ObjectName | None = Field(
        default=None,
        description="PersistentVolumeClaim with the files, in the ChurnModel's namespace. Pods on several nodes need "
        "one that can be written from all of them (ReadWriteMany).",
    )
    parallelism: int = Field(
        default=1,
        ge=1,
        le=64,
        description="How many pods share the table, by row groups of Parquet: not more than it has row groups. One pod "
        "scores some 100,000 rows a second.",
    )
    keep: Annotated[list[Column], Field(max_length=64)] | None = Field(
        default=None,
        description="Columns to pass through beside the identity; '*' means all that the model's schema does not name.",
    )
    outputs: Annotated[list[Output], Field(max_length=16)] | None = Field(
        default=None,
        description="What is written beside churn_probability: calibrated_probability, decision, member.NAME.",
    )
    top_reasons: int = Field(
        default=0,
        ge=0,
        le=100,
        description="How many of the largest contributions of a row are named: columns reason_1, contribution_1, …. "
        "Deep trees then take milliseconds a row.",
    )
    contributions: bool = Field(
        default=False,
        description="Whether each feature's contribution is a column: contributions.FEATURE, …, base_value.",
    )
    credentials_secret: Name | None = Field(
        default=None, description="Secret with username and password for the databases, in the ChurnModel's namespace."
    )
    ssl_mode: SslMode = Field(
        default=SslMode.PREFER, description="How the databases are asked: libpq's sslmode, unless the address has one."
    )
    require_auth: RequireAuth = Field(
        default=RequireAuth.SCRAM_SHA_256,
        description="How the password may be given: libpq's require_auth, unless the address has one.",
    )
    resources: ComputeResources = Field(
        default=ComputeResources(cpu="1", memory="1Gi"),
        description="CPU and memory of each pod. It scores on one core, so cpu is at most 1.",
    )
    deadline: Duration = Field(
        default="6h", description="How long a run may take, retries included, before it has failed."
    )

    @property
    def databases(self) -> tuple[str, ...]:
        """Addresses of the tables that it reads or writes."""
        return tuple(place for place in (self.input, self.output) if is_database(place))
