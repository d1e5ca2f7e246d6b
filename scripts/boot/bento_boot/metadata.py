"""The instance's own metadata, by IMDSv2 only (Amazon EC2 User Guide, "Access instance metadata")."""

import http.client
import os
import time
import urllib.error
import urllib.request

from .refusal import Refusal

TRIES = 30
PAUSE_S = 2.0
TOKEN_LIFE_S = 300


class Metadata:
    """Reads metadata. A value that is not there is None; a service that does not answer is an error, after a minute."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = (
            endpoint or os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
        ).rstrip("/")
        # A proxy must never see this traffic.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def _request(self, path: str, method: str = "GET", **headers: str) -> str:
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{self._endpoint}/latest/{path}", method=method, headers=wanted)
        with self._open(request, timeout=5) as answer:
            return str(answer.read().decode())

    def _value(self, path: str) -> str | None:
        token = self._request("api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds=str(TOKEN_LIFE_S))
        try:
            return self._request(f"meta-data/{path}", X_aws_ec2_metadata_token=token)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def get(self, path: str) -> str | None:
        """The value at `/latest/meta-data/<path>`; None where there is none."""
        last = ""
        for attempt in range(TRIES):
            if attempt > 0:
                time.sleep(PAUSE_S)
            try:
                return self._value(path)
            except urllib.error.HTTPError as error:
                last = f"{error.code} {error.reason}"
            # An answer that breaks off is no OSError.
            except (OSError, http.client.HTTPException) as error:
                last = str(error) or repr(error)
        raise Refusal(
            f"the metadata service {self._endpoint} does not answer for {path}: {last}; "
            "is it enabled for this instance (HttpEndpoint, HttpTokens=required)?"
        )

    def require(self, path: str) -> str:
        value = self.get(path)
        if value is None:
            raise Refusal(f"the metadata service has no {path}")
        return value
