"""libesa's Client."""

import math

import driver
import libesa

client = libesa.Client(
    endpoint=driver.URL,
    ca_file=driver.CA_FILE,
    access_key_id="testid",
    access_key_secret="testsecret",
    max_concurrent_writes=math.inf,  # this server locks no account
)


def call() -> "int | None":
    return client.create_routine_related_record(
        name=driver.NAME, site_id=driver.SITE_ID, record_name=driver.RECORD_NAME, timeout=30
    ).record_id


driver.run(call)
