// esa.hpp as it is without exceptions and without run-time types: the forms that return a Result.
#include "check.h"
#include "esa_emulator.h"
#include <esa.hpp>

#include <poll.h>

#if defined(__cpp_exceptions)
#error "to be compiled with -fno-exceptions"
#endif

static_assert(!std::is_constructible_v<esa::Client, const esa::Config &>, "a constructor could not say why it failed");
static_assert(!std::is_default_constructible_v<esa::Cancel>, "a constructor could not say why it failed");
static_assert(!std::is_default_constructible_v<esa::Multi>, "a constructor could not say why it failed");

static esa_emulator emulator;

static void calls_return_results() {
    esa::Config config;
    int lines = 0;
    config.endpoint = emulator.url;
    config.credentials = {emulator.access_key_id, emulator.access_key_secret};
    config.log_level = ESA_LOG_DEBUG;
    config.log = [&lines](const esa::LogRecord &) { lines++; };
    const auto client = esa::Client::make(config);
    CHECK(client);
    const auto cancel = esa::Cancel::make();
    CHECK(cancel);
    const esa::CreateRoutineRelatedRecordRequest request{emulator.site_id, emulator.routine, "a.example.com"};
    const esa::CallOptions options{&*cancel, std::chrono::seconds(60), 0};

    const auto created = client->create_routine_related_record(request, options);
    CHECK(created);
    CHECK_TEXT(created->status.c_str(), "OK");

    cancel->trigger();
    const auto cancelled = client->create_routine_related_record(request, options);
    CHECK(!cancelled);
    CHECK_INTEGER(cancelled.error().status(), ESA_ERR_CANCELLED);
    CHECK_INTEGER(lines, 2);
}

static void many_records_return_results() {
    esa::Config config;
    config.endpoint = emulator.url;
    config.credentials = {emulator.access_key_id, emulator.access_key_secret};
    const auto client = esa::Client::make(config);
    CHECK(client);
    const esa::CreateRoutineRelatedRecordRequest good{emulator.site_id, emulator.routine, "many.example.com"};
    const esa::CreateRoutineRelatedRecordRequest bad{emulator.site_id, emulator.routine, "many.elsewhere.org"};
    const auto go_on_once = [](std::size_t done, std::size_t, const auto &) { return done < 2; };

    const auto ensured = client->ensure_routine_related_records({{good, bad, good}, {}, go_on_once});

    CHECK(ensured);
    CHECK_INTEGER(static_cast<std::int64_t>(ensured->size()), 3);
    CHECK((*ensured)[0]);
    CHECK(!(*ensured)[1]);
    CHECK_INTEGER((*ensured)[1].error().status(), ESA_ERR_REJECTED);
    CHECK(!(*ensured)[2]);
    CHECK_INTEGER((*ensured)[2].error().status(), ESA_ERR_CANCELLED);
}

static void failures_return_errors() {
    esa::Config config;
    config.region = "nowhere-1";
    const auto client = esa::Client::make(config);
    CHECK(!client);
    CHECK_INTEGER(client.error().status(), ESA_ERR_CONFIG);
}

static void a_provider_returns_what_it_has_or_an_error() {
    bool closed = true;
    esa::Config config;
    config.endpoint = emulator.url;
    config.credentials_provider = [&closed](std::chrono::milliseconds) -> esa::Result<esa::Credentials> {
        if (closed) {
            return esa::Error(ESA_ERR_CREDENTIALS, "the vault is closed", "");
        }
        return esa::Credentials{emulator.access_key_id, emulator.access_key_secret, "", {}};
    };
    const auto client = esa::Client::make(config);
    CHECK(client);
    const auto refused = client->get_match_site({"a.example.com"});
    CHECK(!refused);
    CHECK_TEXT(refused.error().message().c_str(), "no credentials: callback: the vault is closed");
    closed = false;
    CHECK(client->get_match_site({"a.example.com"}));
}

static void a_multi_s_callbacks_get_results() {
    esa::Config config;
    config.endpoint = emulator.url;
    config.credentials = {emulator.access_key_id, emulator.access_key_secret};
    const auto client = esa::Client::make(config);
    auto multi = esa::Multi::make();
    CHECK(client && multi);
    const esa::CreateRoutineRelatedRecordRequest good{emulator.site_id, emulator.routine, "multi.example.com"};
    int found = 0, told = 0;
    CHECK(multi->start<esa::GetMatchSite>(*client, {"a.example.com"},
                                          [&found](auto site) { found += site.has_value(); }));
    CHECK(multi->start<esa::EnsureRoutineRelatedRecords>(
        *client, {{good, good}, {}, [&told](auto, auto, const auto &) { return ++told > 0; }},
        [&found](auto all) { found += all && all->size() == 2; }));
    CHECK(!multi->start<esa::GetMatchSite>(*client, {""}, [](const auto &) {}));

    pollfd watched{multi->descriptor(), POLLIN, 0};
    while (multi->pending() > 0 && poll(&watched, 1, 30000) == 1) {
        CHECK(multi->step());
    }
    CHECK_INTEGER(found, 2);
    CHECK_INTEGER(told, 2);
}

int main() {
    if (esa_emulator_start(nullptr, &emulator) != 0) {
        std::fprintf(stderr, "%s\n", emulator.error);
        esa_emulator_stop(&emulator);
        return 2;
    }
    RUN(calls_return_results);
    RUN(many_records_return_results);
    RUN(failures_return_errors);
    RUN(a_multi_s_callbacks_get_results);
    RUN(a_provider_returns_what_it_has_or_an_error);
    return esa_emulator_stop(&emulator) != 0 || check_failed_tests != 0;
}
