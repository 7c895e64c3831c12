"""libesa's AsyncClient."""

import asyncio
import math

import driver
import libesa


async def main() -> None:
    client = libesa.AsyncClient(
        endpoint=driver.URL,
        ca_file=driver.CA_FILE,
        access_key_id="testid",
        access_key_secret="testsecret",
        max_concurrent_writes=math.inf,  # this server locks no account
    )

    async def call() -> "int | None":
        record = await client.create_routine_related_record(
            name=driver.NAME, site_id=driver.SITE_ID, record_name=driver.RECORD_NAME, timeout=30
        )
        return record.record_id

    async with client:
        await driver.run_async(call)


asyncio.run(main())
