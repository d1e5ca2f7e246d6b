"""Where settings and secrets come from: names below /boundless/<environment>/prover-cluster/ (design.md 4)."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, Callable

from . import aws, log
from .refusal import Refusal

# Only what a role needs: its instance profile lets it read no other.
REQUIRED: dict[str, tuple[str, ...]] = {
    "manager": ("database-password", "valkey-password", "storage", "wallet-key", "rpc-urls"),
    "prover": ("database-password", "valkey-password", "storage"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {"manager": ("order-stream-url",), "prover": ()}
# Whoever deploys a cluster fills its secrets next. Longer, and the machine would cost without anybody at work on it.
FILLED_WITHIN_S = 1800.0


class Pending(Refusal):
    """Secrets have no value yet, or AWS does not give them at this moment; nothing else is wrong."""


@dataclass(frozen=True)
class Storage:
    """Static keys of the storage: Bento takes no role and no session token (bento.md 1.3)."""

    access_key_id: str
    secret_access_key: str


def prefix(environment: str) -> str:
    return f"/boundless/{environment}/prover-cluster"


class Store:
    """:param patience: for parameters and earlier values; secrets are waited for by `filled_secrets`"""

    def __init__(self, environment: str, region: str, patience: aws.Patience = aws.Patience()) -> None:
        self._patience = patience
        self._prefix = prefix(environment)
        self._ssm = aws.client("ssm", region)
        self._secrets = aws.client("secretsmanager", region)

    def parameter(self, name: str) -> tuple[str, str | None]:
        """Full name and value of a parameter; no value where there is no such parameter."""
        full = f"{self._prefix}/{name}"
        try:
            answer = self._patience.call(f"reading {full}", lambda: self._ssm.get_parameter(Name=full))
            return full, str(answer["Parameter"]["Value"])
        except aws.ERRORS as error:
            if aws.code(error) == "ParameterNotFound":
                return full, None
            raise Refusal(f"the parameter {full} cannot be read: {aws.reason(error)}") from error

    def previous(self, name: str) -> str | None:
        """The value that a secret had before the one of now, if there is one."""
        full = f"{self._prefix}/{name}"
        try:
            answer = self._patience.call(
                f"reading the earlier value of {full}",
                lambda: self._secrets.get_secret_value(SecretId=full, VersionStage="AWSPREVIOUS"),
            )
        except aws.ERRORS as error:
            if aws.code(error) == "ResourceNotFoundException":
                return None
            raise Refusal(f"{full} cannot be read: {aws.reason(error)}") from error
        value = str(answer.get("SecretString", "")).strip()
        return value if value and value.isascii() and value.isprintable() else None

    def secrets(self, role: str) -> dict[str, str]:
        """
        The secrets of a role by their short names; optional ones only where they have a value.

        :raises Refusal: naming every secret that is missing, empty or refused at once; `Pending` where waiting may help
        """
        found: dict[str, str] = {}
        pending: list[str] = []
        problems: list[str] = []
        for name in REQUIRED[role] + OPTIONAL[role]:
            full = f"{self._prefix}/{name}"
            try:
                value = str(self._secrets.get_secret_value(SecretId=full).get("SecretString", "")).strip()
            except aws.ERRORS as error:
                if aws.code(error) != "ResourceNotFoundException":
                    (pending if aws.passes(error) else problems).append(f"{full} cannot be read: {aws.reason(error)}")
                    continue
                value = ""
            if value:
                found[name] = value
            elif name in REQUIRED[role]:
                pending.append(f"{full} has no value")
        if problems or pending:
            text = f"secrets are missing: {'; '.join(problems + pending)}; put them into Secrets Manager"
            raise Refusal(text) if problems else Pending(text)
        _check(found, self._prefix)
        return found

    def filled_secrets(self, role: str, waiting: Callable[[], None]) -> dict[str, str]:
        """
        As `secrets`, and gives people half an hour to fill those that have no value, and AWS to give the others.

        :param waiting: called every few seconds meanwhile
        """
        until = time.monotonic() + FILLED_WITHIN_S
        logged = ""
        while True:
            try:
                return self.secrets(role)
            except Pending as pending:
                if time.monotonic() > until:
                    raise
                if str(pending) != logged:
                    logged = str(pending)
                    log.warning(f"waiting {FILLED_WITHIN_S / 60:.0f} min at most: {logged}")
            waiting()
            time.sleep(20)


# Machines reach port 443 and no other (the cluster's security groups).
_REST = r"://([^\s,\"'/?#@]+@)?[^\s,\"'/:?#@]+(:443)?([/?#][^\s,\"']*)?"
_FORMS = {
    # The broker puts it into an address as it is (crates/broker/src/provers/bonsai.rs, create_pg_pool): what may stand
    # there unescaped (RFC 3986, "userinfo"), but for the colon.
    "database-password": (
        r"[A-Za-z0-9._~!$&'()*+,;=-]+",
        "letters, digits and -._~!$&'()*+,;= only: the broker puts it into an address without escaping it",
    ),
    "valkey-password": (r"[ -~]+", "printable ASCII"),
    "wallet-key": (r"(0x)?[0-9a-fA-F]{64}", "64 hexadecimal digits, with or without 0x"),
    "rpc-urls": (
        rf"https{_REST}(\s*,\s*https{_REST})*",
        "addresses with https:// and no port but 443, which is all that machines reach, separated by commas",
    ),
    "order-stream-url": (
        rf"(https|wss){_REST}",
        "an address with https:// or wss:// and no port but 443, which is all that machines reach",
    ),
}


def _check(secrets: dict[str, str], below: str) -> None:
    """Says what a secret has to look like, and never what it is."""
    wrong = [
        f"{below}/{name} is not {form}"
        for name, (pattern, form) in _FORMS.items()
        if name in secrets and re.fullmatch(pattern, secrets[name]) is None
    ]
    if wrong:
        raise Refusal(f"secrets are not right: {'; '.join(wrong)}")
    storage(secrets["storage"], below)


def storage(text: str, below: str) -> Storage:
    try:
        content: Any = json.loads(text)
        keys = Storage(content["accessKeyId"], content["secretAccessKey"])
        # An empty one would not be written, and AWS SDKs would look for keys elsewhere.
        if not all(isinstance(value, str) and re.fullmatch(r"[!-~]+", value) for value in vars(keys).values()):
            raise ValueError("keys are texts without spaces")
    except (ValueError, KeyError, TypeError):
        # The error itself could hold a part of the secret.
        raise Refusal(f"{below}/storage is no JSON object with accessKeyId and secretAccessKey") from None
    return keys
