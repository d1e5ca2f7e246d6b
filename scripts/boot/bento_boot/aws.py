"""Clients of AWS, with the instance's role."""

import os
from typing import Any

import boto3
from botocore.config import Config

# Standard retries wait with jitter, up to about a minute altogether; a machine at boot has that time.
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
