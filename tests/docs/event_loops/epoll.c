#include "around.h"

int main(void) {
    start_calls();
    const int epoll = epoll_create1(0);
    watch_with_epoll(epoll, multi);
    while (left > 0) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) == 1 && event.data.ptr == multi) {
            on_readable(multi);
        }
    }
    close(epoll);
    release();
    return 0;
}
