/* A plugin, which a host loads that may have another libesa: it shows its own function alone. */
#include <esa.h>

/* What the host calls: whether a client can be made. */
int can_call(void);

int can_call(void) {
    esa_client *client = NULL;
    const esa_status status = esa_client_new(NULL, &client, NULL);
    esa_client_free(client);
    return status;
}
