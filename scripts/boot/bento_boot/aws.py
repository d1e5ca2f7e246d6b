"""Clients of AWS, with the instance's role, and which of their errors pass."""

import os
import time
from dataclasses import dataclass
from typing import Any, Callable

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError

from . import log

# Standard retries wait with jitter, up to about a minute altogether; an instance at boot has that time.
CONFIG = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=10, read_timeout=30)


def endpoint(service: str) -> str | None:
    """
    Ubuntu's boto3 knows these variables by itself, older ones do not (AWS SDKs and Tools Reference Guide,
    "Service-specific endpoints").
    """
    name = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
    return os.environ.get(name) or os.environ.get("AWS_ENDPOINT_URL")


def client(service: str, region: str, config: Config = CONFIG) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=endpoint(service), config=config)


ERRORS = (ClientError, BotoCoreError, ResponseParserError)
# As botocore's standard retries have them (botocore/retries/standard.py), for calls that it has given up on. EC2 throttles
# with 503, most other services with 400.
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
# No connection, no whole answer, or no credentials: botocore asks the instance's metadata once, and waits a second.
_UNHEARD = (
    HTTPClientError,
    ResponseParserError,
    NoCredentialsError,
    CredentialRetrievalError,
    MetadataRetrievalError,
)


def code(error: Exception) -> str:
    """Of an error of AWS; empty for one that the client raised itself."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def reason(error: Exception) -> str:
    """For people: code and message."""
    if not isinstance(error, ClientError):
        return str(error)
    return f"{code(error)}: {error.response.get('Error', {}).get('Message', '')}"


def passes(error: Exception) -> bool:
    """
    Whether the same call may succeed later: throttling, an error of the server, or of the way to it. A denial, and what
    is not found, do not pass.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code(error) in THROTTLED or status == 429 or status >= 500
    return isinstance(error, _UNHEARD)


@dataclass(frozen=True)
class Patience:
    """
    How long a call is tried again whose error passes, in seconds, after botocore's own retries; and what is called
    between the tries, such as a heartbeat. The default is not at all.
    """

    within_s: float = 0.0
    waiting: Callable[[], None] = lambda: None

    def call(self, what: str, attempt: Callable[[], Any]) -> Any:
        """
        :param what: is being done, for the log
        :raises ClientError, BotoCoreError, ResponseParserError: the last error of the call
        """
        until = time.monotonic() + self.within_s
        logged = ""
        while True:
            try:
                return attempt()
            except ERRORS as error:
                if not passes(error) or time.monotonic() >= until:
                    raise
                if reason(error) != logged:
                    logged = reason(error)
                    log.warning(f"{what} is tried again for {self.within_s / 60:.0f} min at most: {logged}")
            self.waiting()
            time.sleep(10)


def at_boot(waiting: Callable[[], None]) -> Patience:
    """For calls of a boot: as long as it waits for secrets. A new instance would meet the same AWS."""
    return Patience(1800.0, waiting)
