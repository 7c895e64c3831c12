// One program of files that have different standards: this one C++17, standards_newer.cpp C++20 and C++23, and
// standards_no_exceptions.cpp no exceptions.
#include "fixture.hpp"
#include "standards.hpp"

static void each_type_has_one_size() {
    CHECK(newer::sizes_cxx20() == sizes());
    CHECK(newer::sizes_cxx23() == sizes());
}

static void objects_go_from_one_file_to_another() {
    emulator().reset();
    const esa::Config config = new_config();
    const esa::Client clients[] = {esa::Client(config), newer::client_cxx20(config), newer::client_cxx23(config)};
    for (const auto &client : clients) {
        CHECK_INTEGER(newer::find_cxx20(client, {"a.example.com"}).value().site_id, emulator().site_id());
        CHECK_INTEGER(newer::find_cxx23(client, {"a.example.com"}).value().site_id, emulator().site_id());
        CHECK_INTEGER(newer::find_cxx20(client, {""}).error().status(), ESA_ERR_INVALID_ARGUMENT);
        CHECK_INTEGER(newer::find_cxx23(client, {""}).error().status(), ESA_ERR_INVALID_ARGUMENT);
    }
}

static void errors_are_thrown_from_one_file_to_another() {
    esa::Config config;
    config.region = "nowhere-1";
    int caught = 0;
    for (const auto make : {newer::client_cxx20, newer::client_cxx23}) {
        try {
            make(config);
        } catch (const esa::Error &error) {
            caught += error.status() == ESA_ERR_CONFIG;
        }
    }
    CHECK_INTEGER(caught, 2);
}

static void files_without_exceptions_leave_the_others_theirs() {
    CHECK(fails_without_exceptions());
    esa::Config config;
    config.region = "nowhere-1";
    bool caught = false;
    try {
        esa::Client::make(config).value();
    } catch (const esa::Error &error) {
        caught = error.status() == ESA_ERR_CONFIG;
    }
    CHECK(caught);
}

int main() {
    RUN_CATCHING(each_type_has_one_size);
    RUN_CATCHING(objects_go_from_one_file_to_another);
    RUN_CATCHING(errors_are_thrown_from_one_file_to_another);
    RUN_CATCHING(files_without_exceptions_leave_the_others_theirs);
    return check_failed_tests != 0;
}
