/* libesa.a beside another static archive of Rust's. */
#include <esa.h>
#include <stddef.h>

size_t other_length(const char *text);

int main(void) {
    esa_client *client = NULL;
    const int failed = esa_client_new(NULL, &client, NULL) != ESA_OK || other_length(esa_version()) == 0;
    esa_client_free(client);
    return failed;
}
