"""The official SDK, unchanged, against the emulator: each must understand what the other says.

ESA_EMULATOR names the emulator's program.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_esa20240910 import models
from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

ROUTINE = "test-routine1"
SITE_ID = 54362329990032

# What the SDK calls "v2" is the RPC signature with HMAC-SHA1; without a choice it signs with ACS3-HMAC-SHA256.
SIGNATURES = pytest.mark.parametrize("signature_algorithm", [None, "v2"], ids=["V3", "V1"])


@contextlib.contextmanager
def emulator(*arguments: str) -> Iterator[dict[str, Any]]:
    """Runs an emulator for as long as the block lasts; gives the line that it prints when it is ready."""
    program = os.environ.get("ESA_EMULATOR")
    if not program:
        pytest.fail("set ESA_EMULATOR to the emulator's program")
    command = [program, "--exit-with-stdin", *arguments]
    # A session of its own: Ctrl-C in a terminal ends the test, and not the emulator under it.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.stdin.close()  # which ends it
        assert process.wait(timeout=10) == 0


def client(ready: dict[str, Any], signature_algorithm: str | None, **changes: str) -> Client:
    settings = {
        "access_key_id": ready["access_key_id"],
        "access_key_secret": ready["access_key_secret"],
        "endpoint": ready["endpoint"],
        "protocol": "http",
        "signature_algorithm": signature_algorithm,
    }
    return Client(Config(**(settings | changes)))


def create(sdk: Client, record_name: str = "a.example.com", routine: str = ROUTINE) -> Any:
    request = models.CreateRoutineRelatedRecordRequest(name=routine, site_id=SITE_ID, record_name=record_name)
    return sdk.create_routine_related_record(request).body


def assert_refused(problem: pytest.ExceptionInfo[ClientException], status: int, code: str) -> None:
    assert (problem.value.status_code, problem.value.code) == (status, code)
    assert re.fullmatch("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", problem.value.request_id)


@SIGNATURES
def test_a_record_is_created_listed_and_deleted(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        created = create(sdk)
        assert created.status == "OK"

        listing = models.ListRoutineRelatedRecordsRequest(name=ROUTINE, page_number=1, page_size=20)
        listed = sdk.list_routine_related_records(listing).body
        assert listed.total_count == 1
        (record,) = listed.related_records
        assert (record.record_name, record.site_id, record.record_id) == ("a.example.com", SITE_ID, created.record_id)

        deletion = models.DeleteRoutineRelatedRecordRequest(
            name=ROUTINE, site_id=SITE_ID, record_name="a.example.com", record_id=created.record_id
        )
        assert sdk.delete_routine_related_record(deletion).body.status == "OK"
        assert sdk.list_routine_related_records(listing).body.total_count == 0


@SIGNATURES
def test_every_other_operation_is_understood(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        description = "blanks, *~+&=/%25 and ü"
        sdk.create_routine(models.CreateRoutineRequest(name="new", description=description, has_assets=True))
        shown = sdk.get_routine(models.GetRoutineRequest(name="new")).body
        assert (shown.description, shown.has_assets) == (description, True)
        routines = sdk.list_user_routines(models.ListUserRoutinesRequest(search_key_word="new")).body
        assert [routine.routine_name for routine in routines.routines] == ["new"]
        sdk.delete_routine(models.DeleteRoutineRequest(name="new"))

        matched = sdk.get_match_site(models.GetMatchSiteRequest(record_name="a.b.example.com")).body
        assert matched.site_id == SITE_ID
        sites = sdk.list_sites(models.ListSitesRequest(site_name="exam", site_search_type="prefix")).body
        assert [site.site_name for site in sites.sites] == ["example.com"]
        assert sdk.get_site(models.GetSiteRequest(site_id=SITE_ID)).body.site_model.site_name == "example.com"
        assert sdk.get_er_service(models.GetErServiceRequest()).body.status == "Running"


@SIGNATURES
def test_refusals_reach_the_caller(signature_algorithm: str | None) -> None:
    with emulator() as ready:
        sdk = client(ready, signature_algorithm)
        with pytest.raises(ClientException) as problem:
            create(sdk, routine="nope")
        assert_refused(problem, 400, "RoutineNotExist")

        create(sdk)
        with pytest.raises(ClientException) as problem:
            create(sdk)
        assert_refused(problem, 400, "ParameterAlreadyExist")

        with pytest.raises(ClientException) as problem:
            create(client(ready, signature_algorithm, access_key_secret="wrong"))
        assert_refused(problem, 400, "SignatureDoesNotMatch")


@SIGNATURES
def test_a_user_without_permission_learns_why(signature_algorithm: str | None, tmp_path: Any) -> None:
    key = {"access_key_id": "user-key", "access_key_secret": "user-secret"}
    policy = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "esa:List*", "Resource": "*"}]}
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"accounts": [{"users": [{"name": "reader", "policy": policy, "keys": [key]}]}]}))
    with emulator("--seed", str(seed)) as ready:
        with pytest.raises(ClientException) as problem:
            create(client(ready, signature_algorithm))
        assert_refused(problem, 403, "NoPermission")
        assert problem.value.access_denied_detail["NoPermissionType"] == "ImplicitDeny"


@SIGNATURES
def test_a_temporary_key_is_taken_with_its_token(signature_algorithm: str | None, tmp_path: Any) -> None:
    key = {"access_key_id": "STS.key", "access_key_secret": "secret", "security_token": "CAIS+/= token"}
    account = {
        "users": [{"name": "role", "keys": [key]}],
        "sites": [{"site_id": SITE_ID, "site_name": "example.com"}],
        "routines": [{"name": ROUTINE}],
    }
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"accounts": [account]}))
    with emulator("--seed", str(seed)) as ready:
        assert create(client(ready, signature_algorithm, security_token="CAIS+/= token")).status == "OK"
        with pytest.raises(ClientException) as problem:
            create(client(ready, signature_algorithm, security_token="other"))
        assert_refused(problem, 400, "InvalidSecurityToken.MismatchWithAccessKey")
