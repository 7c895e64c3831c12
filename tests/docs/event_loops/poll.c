#include "around.h"

int main(void) {
    start_calls();
    run_with_poll(multi);
    release();
    return 0;
}
