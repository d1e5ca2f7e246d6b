"""Where settings and secrets come from: names below the path of the cluster (docs/names.md)."""

import json
import time
from dataclasses import dataclass
from typing import Any, Callable

from . import aws, contract, log
from .refusal import Refusal

# Only what a role needs: its instance profile lets it read no other.
REQUIRED = {role: contract.secrets_of(role, needed=True) for role in contract.ROLES}
OPTIONAL = {role: contract.secrets_of(role, needed=False) for role in contract.ROLES}
# Operators fill the secrets right after they deploy a cluster. An instance that waits longer costs money for nothing.
FILLED_WITHIN_S = 1800.0


class Pending(Refusal):
    """Secrets have no value yet, or AWS does not give them at this moment; nothing else is wrong."""


@dataclass(frozen=True)
class Storage:
    """Static keys of the storage: Bento takes no role and no session token (docs/facts/bento.md#storage-keys)."""

    access_key_id: str
    secret_access_key: str


class Store:
    """:param patience: for parameters and earlier values; secrets are waited for by `filled_secrets`"""

    def __init__(self, environment: str, region: str, patience: aws.Patience = aws.Patience()) -> None:
        self._patience = patience
        self._prefix = contract.cluster_path(environment)
        self._ssm = aws.client("ssm", region)
        self._secrets = aws.client("secretsmanager", region)

    def parameter(self, name: str) -> tuple[str, str | None]:
        """Full name and value of a parameter; no value where there is no such parameter."""
        full = f"{self._prefix}/{contract.parameter(name)}"
        try:
            answer = self._patience.call(f"reading {full}", lambda: self._ssm.get_parameter(Name=full))
            return full, str(answer["Parameter"]["Value"])
        except aws.ERRORS as error:
            if aws.code(error) == "ParameterNotFound":
                return full, None
            raise Refusal(f"the parameter {full} cannot be read: {aws.reason(error)}") from error

    def previous(self, name: str) -> str | None:
        """The previous value of a secret, if there is one."""
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


def _check(secrets: dict[str, str], below: str) -> None:
    """The error describes the form of a secret, and never has its value."""
    wrong = [
        f"{below}/{name} is not {secret['words']}"
        for name, secret in contract.SECRETS.items()
        if name in secrets and "keys" not in secret and not contract.matches(secret["pattern"], secrets[name])
    ]
    if wrong:
        raise Refusal(f"secrets are not right: {'; '.join(wrong)}")
    storage(secrets["storage"], below)


def storage(text: str, below: str) -> Storage:
    form = contract.SECRETS["storage"]
    try:
        content: Any = json.loads(text)
        # An empty one would not be written, and AWS SDKs would look for keys elsewhere.
        if all(isinstance(content[key], str) and contract.matches(form["pattern"], content[key]) for key in form["keys"]):
            return Storage(content["accessKeyId"], content["secretAccessKey"])
    except (ValueError, KeyError, TypeError):
        pass
    # The error itself could hold a part of the secret.
    raise Refusal(f"{below}/storage is not {form['words']}")
