"""The official SDK's asynchronous call."""

import asyncio

import driver
from official import client, request


async def call() -> "int | None":
    return (await client.create_routine_related_record_async(request())).body.record_id


asyncio.run(driver.run_async(call))
