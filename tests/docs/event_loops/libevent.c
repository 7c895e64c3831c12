#include "around.h"

int main(void) {
    start_calls();
    struct event_base *base = event_base_new();
    struct event *watched = watch_with_libevent(base, multi);
    while (left > 0) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    event_free(watched);
    event_base_free(base);
    release();
    return 0;
}
