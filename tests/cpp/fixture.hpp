// What the C++ tests share: the emulator, and how they reach it.
#ifndef FIXTURE_HPP
#define FIXTURE_HPP

#include "check.h"
#include "esa_emulator.hpp"
#include <esa.hpp>

#include <thread>

// One for each test program.
inline esa::Emulator &emulator() {
    static esa::Emulator instance;
    return instance;
}

inline esa::Config new_config() {
    esa::Config config;
    config.endpoint = emulator().url();
    config.credentials = {emulator().access_key_id(), emulator().access_key_secret()};
    return config;
}

inline esa::CreateRoutineRelatedRecordRequest new_request(const std::string &record_name) {
    return {emulator().site_id(), emulator().routine(), record_name};
}

inline int requests_seen() {
    const std::string log = emulator().get("requests");
    int count = 0;
    for (auto at = log.find("\"connection\":"); at != log.npos; at = log.find("\"connection\":", at + 1)) {
        count++;
    }
    return count;
}

// Whether a request arrives in good time.
inline bool request_arrives() {
    for (int i = 0; i < 3000; i++) {
        if (requests_seen() > 0) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

constexpr const char *HANG = R"({"wire": {"kind": "hang"}, "times": 0})";

// Runs the tests, and names the exception that ends one.
#define RUN_CATCHING(test)                                                                                             \
    do {                                                                                                               \
        check_begin(#test);                                                                                            \
        try {                                                                                                          \
            test();                                                                                                    \
        } catch (const std::exception &exception) {                                                                    \
            check_that(0, __FILE__, __LINE__, exception.what());                                                       \
        }                                                                                                              \
        check_end();                                                                                                   \
    } while (0)

#endif
