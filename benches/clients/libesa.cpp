// libesa from C++, with everything on: a time limit and cancelling, beside what a call always does.
#include "driver.h"
#include <chrono>
#include <esa.hpp>
#include <optional>

static std::optional<esa::Client> client;
static std::optional<esa::Cancel> cancel;

static void set_up(const char *url, const char *ca_file) {
    esa::Config config;
    // This server locks no account.
    config.set_endpoint(url)
        .set_ca_file(ca_file)
        .set_credentials("testid", "testsecret")
        .set_max_concurrent_writes(ESA_UNLIMITED);
    client.emplace(config);
    cancel.emplace();
}

static void *set_up_thread() { return nullptr; }

static void call(void *) {
    const auto record = client->create_routine_related_record(
        {54362329990032, "test-routine1", "test-record-1.example.com"}, {&*cancel, std::chrono::seconds(30)});
    if (record.record_id != 3227405728754048) {
        std::abort();
    }
}
