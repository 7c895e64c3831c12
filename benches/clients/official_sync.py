"""The official SDK's synchronous call."""

import driver
from official import client, request

driver.run(lambda: client.create_routine_related_record(request()).body.record_id)
