#include "around.h"

int main(void) {
    start_calls();
    const guint watched = watch_with_glib(multi);
    while (left > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(watched);
    release();
    return 0;
}
