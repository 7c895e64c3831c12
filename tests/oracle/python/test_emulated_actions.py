"""The official SDK's other actions against the emulator: those that it models, and those whose names it knows."""

from __future__ import annotations

import inspect
import json
import typing
import urllib.request
from typing import Any

import pytest
import requests
from alibabacloud_esa20240910 import models
from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.runtime import RuntimeOptions
from test_action_table import filled
from test_official_sdk import SIGNATURES, assert_refused, client, emulator

CODE = "export default { fetch: () => new Response('ü') };\r\n"


def upload(form: dict[str, str], code: str) -> requests.Response:
    """Uploads code by the form that the service gave out, as its documents say."""
    fields = {name: value for name, value in form.items() if name != "Url"}
    fields["x-oss-security-token"] = fields.pop("XOssSecurityToken")
    with requests.Session() as session:
        session.trust_env = False  # It is on this machine, whatever proxy there is.
        return session.post(form["Url"], data=fields, files={"file": ("index.js", code.encode())}, timeout=10)


def publish_code(sdk: Client, name: str) -> str:
    """Uploads code and publishes it; gives its version."""
    asked = models.GetRoutineStagingCodeUploadInfoRequest(name=name, code_description="the ü upload")
    uploaded = upload(sdk.get_routine_staging_code_upload_info(asked).body.oss_post_config, CODE)
    assert (uploaded.status_code, uploaded.json()["Status"]) == (200, "OK")
    version = sdk.commit_routine_staging_code(models.CommitRoutineStagingCodeRequest(name=name)).body.code_version
    publication = models.PublishRoutineCodeVersionRequest(name=name, env="production", code_version=version)
    assert sdk.publish_routine_code_version(publication).body.code_version == version
    return str(version)


@SIGNATURES
def test_a_routine_lives_from_its_creation_to_its_deletion(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        sdk.create_routine(models.CreateRoutineRequest(name="new"))
        version = publish_code(sdk, "new")

        listed = sdk.list_routine_code_versions(models.ListRoutineCodeVersionsRequest(name="new")).body
        assert [(one.code_version, one.code_description) for one in listed.code_versions] == [(version, "the ü upload")]
        staging, production = sdk.get_routine(models.GetRoutineRequest(name="new")).body.envs
        assert (staging.env, staging.code_deploy) == ("staging", None)
        (part,) = production.code_deploy.code_versions
        assert (production.env, part.code_version, part.percentage) == ("production", version, 100)

        routines: list[str] = []
        for page in (1, 2):
            asked = models.ListUserRoutinesRequest(page_number=page, page_size=2)
            routines += [routine.routine_name for routine in sdk.list_user_routines(asked).body.routines]
        assert routines == ["test-routine1", "test-routine2", "new"]
        sdk.delete_routine(models.DeleteRoutineRequest(name="new"))
        with pytest.raises(ClientException) as problem:
            sdk.get_routine(models.GetRoutineRequest(name="new"))
        assert_refused(problem, 400, "RoutineNotExist")


@SIGNATURES
def test_two_versions_share_the_traffic(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        old, new = (publish_code(sdk, "test-routine1") for _ in range(2))
        part = models.CreateRoutineCodeDeploymentRequestCodeVersions
        parts = [part(code_version=old, percentage=10), part(code_version=new, percentage=90)]
        deployment = models.CreateRoutineCodeDeploymentRequest(
            name="test-routine1", env="staging", strategy="percentage", code_versions=parts
        )
        deployed = sdk.create_routine_code_deployment(deployment).body
        assert [(one.code_version, one.percentage) for one in deployed.code_versions] == [(old, 10), (new, 90)]
        with pytest.raises(ClientException) as problem:
            sdk.delete_routine_code_version(
                models.DeleteRoutineCodeVersionRequest(name="test-routine1", code_version=old)
            )
        assert_refused(problem, 400, "DependedByOthers")


@SIGNATURES
def test_a_site_is_created_listed_and_read(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        wanted = models.CreateSiteRequest(
            site_name="new.example.org", coverage="overseas", access_type="NS", instance_id="plan-1"
        )
        created = sdk.create_site(wanted).body
        site = sdk.get_site(models.GetSiteRequest(site_id=created.site_id)).body.site_model
        assert (site.site_name, site.status, site.coverage) == ("new.example.org", "pending", "overseas")
        assert (site.verify_code, site.name_server_list) == (created.verify_code, created.name_server_list)
        sites = sdk.list_sites(models.ListSitesRequest(page_size=1, page_number=2)).body
        assert (sites.total_count, sites.sites[0].site_id) == (2, created.site_id)


@SIGNATURES
def test_every_action_of_the_sdk_is_known_and_misses_nothing(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        codes = {}
        for name, method in inspect.getmembers(sdk, inspect.ismethod):
            if name.endswith("_with_options"):
                types = typing.get_type_hints(method)
                request = [filled(types[name]) for name in ("request", "tmp_req") if name in types]
                codes[name] = code_of(method, *request)
        assert len(codes) > 400
        wrong = {name: code for name, code in codes.items() if code.startswith(("Missing", "InvalidAction.NotFound"))}
        assert wrong == {}
        assert sum(code == "InvalidAction.NotEmulated" for code in codes.values()) > 400


def code_of(method: Any, *request: Any) -> str:
    """What a call is refused with, if it is."""
    try:
        method(*request, RuntimeOptions())
    except ClientException as problem:
        return str(problem.code)
    return "OK"


@SIGNATURES
def test_a_canned_reply_is_understood(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        canned = {"action": "PurgeCaches", "parameters": {"Type": "file"}, "body": {"TaskId": "15940956620"}}
        body = json.dumps(canned).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{ready['url']}/_emulator/replies", body, timeout=10).close()
        sdk = client(ready, signature_algorithm)
        content = models.PurgeCachesRequestContent(files=["https://example.com/ü?a=b"])
        purge = models.PurgeCachesRequest(site_id=ready["site_id"], type="file", content=content)
        assert sdk.purge_caches(purge).body.task_id == "15940956620"
        purge.type = "directory"
        with pytest.raises(ClientException) as problem:
            sdk.purge_caches(purge)
        assert_refused(problem, 404, "InvalidAction.NotEmulated")
