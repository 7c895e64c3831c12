#include <esa.h>
#include <stdio.h>

int main(void) {
    if (esa_abi_version() < ESA_ABI_VERSION) {
        fprintf(stderr, "libesa %s is older than the header of this program\n", esa_version());
        return 1;
    }
    printf("libesa %s\n", esa_version());
    return 0;
}
