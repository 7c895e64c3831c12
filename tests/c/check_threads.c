/*
 * Linked into the library that tests/c/check-threads builds. ThreadSanitizer can't see these orders, because Rust's
 * standard library is built without it. Nothing here hides a race: both functions only announce an order that exists.
 */
#include <stdint.h>

enum { ACQUIRE_AND_RELEASE = 4 };

/* Whoever gives back the last share of an Arc acquires by a fence, which ThreadSanitizer doesn't know. */
uint64_t __real___tsan_atomic64_fetch_sub(volatile uint64_t *number, uint64_t less, int order);
uint64_t __wrap___tsan_atomic64_fetch_sub(volatile uint64_t *number, uint64_t less, int order) {
    (void)order;
    return __real___tsan_atomic64_fetch_sub(number, less, ACQUIRE_AND_RELEASE);
}

/* Whoever has to wait for a Mutex gets it inside of the standard library; it is released in what is inlined. */
void __tsan_acquire(void *address);
void real_lock(void *mutex) __asm__("__real_" RUST_LOCK);
void wrapped_lock(void *mutex) __asm__("__wrap_" RUST_LOCK);
void wrapped_lock(void *mutex) {
    real_lock(mutex);
    __tsan_acquire(mutex);
}
