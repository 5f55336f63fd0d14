"""Makes clients of botocore whose calls a simulation answers."""

from __future__ import annotations

from functools import cache
from typing import Any

#: Credentials that no account accepts.
CREDENTIALS = {
    "aws_access_key_id": "simulated",
    "aws_secret_access_key": "simulated",
    "aws_session_token": "simulated",
}


@cache
def client_of(service: str, region: str) -> Any:
    """Return a client for a service, the same one at each call; `ImportError` without boto3."""
    return new_client(service, region)


def new_client(service: str, region: str) -> Any:
    """Make a client that reads no configuration of this machine."""
    from botocore.config import Config  # pyright: ignore

    kind: Any = Config
    config = kind(ignore_configured_endpoint_urls=True, defaults_mode="legacy", retries={"total_max_attempts": 1})
    return _session().create_client(service, region_name=region, config=config, **CREDENTIALS)


@cache
def _session() -> Any:
    import boto3
    from botocore.session import Session  # pyright: ignore

    variables = {"profile": (None, None, None, None), "config_file": (None, None, "", None)}
    session: Any = Session(session_vars=variables)
    boto3.Session(botocore_session=session)  # which adds to its clients what boto3's have, such as `upload_file`
    return session
