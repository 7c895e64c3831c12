"""The official SDK's client, as both of its drivers use it."""

import driver
from alibabacloud_esa20240910 import models
from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi.utils_models import Config

scheme, address = driver.URL.split("://")
client = Client(
    Config(
        access_key_id="testid",
        access_key_secret="testsecret",
        protocol=scheme,
        endpoint=address,
        ca=driver.CA_FILE,
    )
)


def request() -> models.CreateRoutineRelatedRecordRequest:
    return models.CreateRoutineRelatedRecordRequest(
        name=driver.NAME, site_id=driver.SITE_ID, record_name=driver.RECORD_NAME
    )
