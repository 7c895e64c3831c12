"""The official credentials package, unchanged, gets keys from the emulator, and the emulator says whose they are.

The package builds the addresses of STS and of the metadata server itself: what it sends there goes to the emulator.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from alibabacloud_credentials import provider
from alibabacloud_credentials_api import ICredentialsProvider
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions
from Tea.core import TeaCore
from test_official_sdk import emulator

ACCOUNT = "1000000000000001"
ROLE_ARN = f"acs:ram::{ACCOUNT}:role/test-role"
HOSTS = ["sts.aliyuncs.com", "100.100.100.200"]


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    compose_url = TeaCore.compose_url

    def to_emulator(request: Any) -> str:
        url = urlsplit(compose_url(request))
        if url.hostname not in HOSTS:
            return urlunsplit(url)
        return f"{line['url']}{url.path}?{url.query}"

    # The requests name the servers that they would have gone to.
    allowed = [f"--allow-host={host}" for host in HOSTS]
    with emulator(*allowed) as line:
        monkeypatch.setattr(TeaCore, "compose_url", staticmethod(to_emulator))
        yield line


def whose(ready: dict[str, Any], keys: Any) -> str:
    """The ARN behind a key, asked for with the official core, which signs with V3."""
    config = Config(
        access_key_id=keys.get_access_key_id(),
        access_key_secret=keys.get_access_key_secret(),
        security_token=keys.get_security_token(),
        endpoint=ready["endpoint"],
        protocol="http",
    )
    params = Params(
        action="GetCallerIdentity",
        version="2015-04-01",
        protocol="HTTP",
        method="POST",
        auth_type="AK",
        style="RPC",
        pathname="/",
        req_body_type="formData",
        body_type="json",
    )
    return Client(config).call_api(params, OpenApiRequest(), RuntimeOptions())["body"]["Arn"]


def session(name: str) -> str:
    return f"acs:ram::{ACCOUNT}:assumed-role/test-role/{name}"


def test_assume_role_and_a_chain(ready: dict[str, Any]) -> None:
    first = provider.RamRoleArnCredentialsProvider(
        access_key_id=ready["access_key_id"],
        access_key_secret=ready["access_key_secret"],
        role_arn=ROLE_ARN,
        role_session_name="first",
    )
    second = provider.RamRoleArnCredentialsProvider(
        credentials_provider=first, role_arn=ROLE_ARN, role_session_name="second", duration_seconds=900
    )
    assert whose(ready, first.get_credentials()) == session("first")
    assert whose(ready, second.get_credentials()) == session("second")


def test_oidc(ready: dict[str, Any], tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("EsaEmulatorOidcToken")
    keys = provider.OIDCRoleArnCredentialsProvider(
        role_arn=ROLE_ARN,
        oidc_provider_arn=f"acs:ram::{ACCOUNT}:oidc-provider/test-oidc",
        oidc_token_file_path=str(token),
        role_session_name="pod",
    ).get_credentials()
    assert whose(ready, keys) == session("pod")


@pytest.mark.parametrize("role", [None, "test-role"])
def test_ecs_metadata(ready: dict[str, Any], role: str | None) -> None:
    source: ICredentialsProvider = provider.EcsRamRoleCredentialsProvider(
        role_name=role, disable_imds_v1=True, async_update_enabled=False
    )
    assert whose(ready, source.get_credentials()) == session("i-esa-emulator")


def test_credentials_uri(ready: dict[str, Any]) -> None:
    source = provider.URLCredentialsProvider(uri=f"{ready['url']}/credentials/test-role")
    assert whose(ready, source.get_credentials()) == session("credentials-uri")


def test_cloud_sso(ready: dict[str, Any]) -> None:
    source = provider.CloudSSOCredentialsProvider(
        sign_in_url=f"{ready['url']}/start",
        account_id=ACCOUNT,
        access_config="ac-test",
        access_token="EsaEmulatorAccessToken",
        access_token_expire=4_102_444_800,
    )
    assert whose(ready, source.get_credentials()) == session("cloud-sso")
