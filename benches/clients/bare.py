"""Nothing but Python and what measures it: what the other Python clients add to."""

import driver

driver.run(lambda: driver.RECORD_ID)
