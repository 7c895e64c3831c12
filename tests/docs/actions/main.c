/* Runs one of the examples; test_actions.py makes actions.h of the document. */
#include <esa.h>
#include <stdio.h>
#include <string.h>

#include "actions.h"

int main(int argc, char **argv) {
    const char *example = argc > 1 ? argv[1] : "";
    esa_client *client = NULL;
    if (esa_client_new(NULL, &client, NULL) != ESA_OK) {
        return 1;
    }
    const int failed = strcmp(example, "create") == 0 ? create_routine(client) : print_purge_quota(client, argv[2]);
    esa_client_free(client);
    return failed ? 1 : 0;
}
