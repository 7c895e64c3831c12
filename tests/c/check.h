/* Checks for void test functions: the first one that fails ends the test, and is the test's one line of output. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int check_test_failed;
static int check_failed_tests;
static const char *check_test_name;

static inline int check_that(int holds, const char *file, int line, const char *condition) {
    if (!holds && !check_test_failed) {
        check_test_failed = 1;
        printf("FAILED %s: %s:%d: %s\n", check_test_name, file, line, condition);
    }
    return holds;
}

static inline int check_integers(int64_t actual, int64_t expected, const char *file, int line, const char *what) {
    char condition[256];
    snprintf(condition, sizeof condition, "%s is %" PRId64 ", not %" PRId64, what, actual, expected);
    return check_that(actual == expected, file, line, condition);
}

static inline int check_texts(const char *actual, const char *expected, const char *file, int line, const char *what) {
    char condition[2048];
    snprintf(condition, sizeof condition, "%s is \"%s\", not \"%s\"", what, actual ? actual : "(NULL)", expected);
    return check_that(actual && strcmp(actual, expected) == 0, file, line, condition);
}

#define CHECK_OR_RETURN(check)                                                                                         \
    do {                                                                                                               \
        if (!(check)) {                                                                                                \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)
#define CHECK(condition) CHECK_OR_RETURN(check_that((condition) ? 1 : 0, __FILE__, __LINE__, #condition))
#define CHECK_INTEGER(actual, expected) CHECK_OR_RETURN(check_integers(actual, expected, __FILE__, __LINE__, #actual))
#define CHECK_TEXT(actual, expected) CHECK_OR_RETURN(check_texts(actual, expected, __FILE__, __LINE__, #actual))
/* After a helper that checks. */
#define CHECK_STILL_GOOD() CHECK_OR_RETURN(!check_test_failed)

static inline void check_begin(const char *name) {
    check_test_name = name;
    check_test_failed = 0;
}

static inline void check_end(void) {
    if (check_test_failed) {
        check_failed_tests++;
    } else {
        printf("ok %s\n", check_test_name);
    }
    fflush(stdout);
}

#define RUN(test)                                                                                                      \
    do {                                                                                                               \
        check_begin(#test);                                                                                            \
        test();                                                                                                        \
        check_end();                                                                                                   \
    } while (0)

#endif
