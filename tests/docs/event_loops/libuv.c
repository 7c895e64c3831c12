#include "around.h"

int main(void) {
    start_calls();
    uv_loop_t *loop = uv_default_loop();
    uv_poll_t poll;
    const int failed = watch_with_libuv(loop, &poll, multi);
    while (left > 0 && !failed) {
        uv_run(loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&poll, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
    release();
    return failed;
}
