// Calls in both forms, errors with every field, moves and cancelling.
#include "fixture.hpp"

using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<esa::Client> && !std::is_copy_constructible_v<esa::Client>);
static_assert(std::is_nothrow_move_assignable_v<esa::Cancel> && !std::is_copy_constructible_v<esa::Cancel>);
static_assert(std::is_move_constructible_v<esa::Config> && !std::is_copy_constructible_v<esa::Config>);
static_assert(std::is_nothrow_copy_constructible_v<esa::Error> && std::is_base_of_v<std::exception, esa::Error>);

static void a_record_is_created() {
    emulator().reset();
    const esa::Client client(new_config());

    const auto thrown_form = client.create_routine_related_record(new_request("one.example.com"));
    const auto result_form = client.try_create_routine_related_record(new_request("two.example.com"));

    CHECK(thrown_form.record_id >= 1);
    CHECK_TEXT(thrown_form.status.c_str(), "OK");
    CHECK_INTEGER(thrown_form.origin, ESA_ORIGIN_CREATED);
    CHECK_INTEGER(thrown_form.attempts, 1);
    CHECK(!thrown_form.request_id.empty());
    CHECK(result_form && result_form.has_value());
    CHECK(result_form->record_id >= 1 && (*result_form).record_id != thrown_form.record_id);
    CHECK(result_form.value().request_id != thrown_form.request_id);
}

#if __cplusplus >= 202002L
static void a_request_is_written_in_place() {
    emulator().reset();
    const esa::Client client{new_config()};
    const std::string routine = emulator().routine();
    const auto record = client.create_routine_related_record(
        {.site_id = emulator().site_id(), .name = routine, .record_name = "in-place.example.com"}, {.timeout = 60s});
    CHECK_TEXT(record.status.c_str(), "OK");
}
#endif

static void check_every_field(const esa::Error &error) {
    CHECK_INTEGER(error.status(), ESA_ERR_THROTTLED);
    CHECK_INTEGER(error.outcome(), ESA_OUTCOME_REFUSED);
    CHECK_INTEGER(error.service_code(), ESA_CODE_THROTTLING_USER);
    CHECK_INTEGER(error.http_status(), 429);
    CHECK_INTEGER(error.attempts(), 1);
    CHECK(error.retry_after() == 2s);
    CHECK(error.retryable());
    CHECK_TEXT(error.code().c_str(), "Throttling.User");
    CHECK_TEXT(error.message().c_str(), "Slow down.");
    CHECK(!error.advice().empty());
    CHECK_TEXT(error.request_id().c_str(), "R-1");
    CHECK_TEXT(error.recommend().c_str(), "https://example.com/help");
    CHECK_TEXT(error.access_denied_detail().c_str(), "{\"a\":1}");
    CHECK_TEXT(error.what(), "Throttling.User: Slow down. (HTTP 429, request R-1)");
}

static void errors_have_every_field() {
    emulator().reset();
    emulator().post("faults", R"({"times": 0, "reply": {"status": 429, "headers": {"Retry-After": "2"}, "body":
        "{\"Code\":\"Throttling.User\",\"Message\":\"Slow down.\",\"RequestId\":\"R-1\",\"Recommend\":\"https://example.com/help\",\"AccessDeniedDetail\":{\"a\":1}}"}})");
    const esa::Client client(std::move(new_config().set_max_attempts(1)));

    const auto result = client.try_create_routine_related_record(new_request("a.example.com"));
    CHECK(!result);
    check_every_field(result.error());

    bool caught = false;
    try {
        client.create_routine_related_record(new_request("a.example.com"));
    } catch (const esa::Error &error) {
        check_every_field(error);
        caught = true;
    }
    CHECK(caught);
}

static void value_of_an_error_throws() {
    const auto result = esa::Client::try_make(std::move(esa::Config().set_region("nowhere-1")));
    CHECK(!result.has_value());
    bool caught = false;
    try {
        (void)result.value();
    } catch (const std::exception &) {
        caught = true;
    }
    CHECK(caught);
}

static void bad_texts_and_timeouts_are_named(const esa::Client &client) {
    using namespace std::string_view_literals;
    auto request = new_request("a.example.com");
    const auto message = [&](esa::CallOptions options = {}) {
        const auto result = client.try_create_routine_related_record(request, options);
        return !result && result.error().status() == ESA_ERR_INVALID_ARGUMENT ? result.error().message() : "no error";
    };
    CHECK_TEXT(message({nullptr, -1ns, 0}).c_str(), "timeout is out of range; it is 0 to 4294967293 ms");
    CHECK_TEXT(message({nullptr, 4294967296ms, 0}).c_str(), "timeout is out of range; it is 0 to 4294967293 ms");
    CHECK_TEXT(message({nullptr, std::chrono::hours::max(), 0}).c_str(),
               "timeout is out of range; it is 0 to 4294967293 ms");
    request.record_name = "a\0b.example.com"sv;
    CHECK_TEXT(message().c_str(), "record_name has a NUL character");
    request.name = "\0"sv;
    CHECK_TEXT(message().c_str(), "name has a NUL character");
    request.name = {};
    request.record_name = "a.example.com";
    CHECK_TEXT(message().c_str(), "name is empty");
    request = new_request("a.example.com");
    request.site_id = 0;
    CHECK_TEXT(message().c_str(), "site_id is 0; it is 1 or more");
}

static void bad_arguments_are_refused_before_anything_is_sent() {
    emulator().reset();
    bad_texts_and_timeouts_are_named(esa::Client(new_config()));
    CHECK_INTEGER(requests_seen(), 0);
}

static void texts_need_no_terminator() {
    emulator().reset();
    const esa::Client client(new_config());
    const std::string_view text = "part.example.com.and-more";
    CHECK(client.try_create_routine_related_record(new_request(text.substr(0, 16))));
    const std::string state = emulator().get("state");
    CHECK(state.find("\"part.example.com\"") != state.npos);
}

static void timeouts_are_rounded_up() {
    CHECK_INTEGER(esa::Timeout(1ns).milliseconds("x").value(), 1);
    CHECK_INTEGER(esa::Timeout(1000001ns).milliseconds("x").value(), 2);
    CHECK_INTEGER(esa::Timeout(5s).milliseconds("x").value(), 5000);
    CHECK_INTEGER(esa::Timeout(std::chrono::duration<double>(0.25)).milliseconds("x").value(), 250);
    CHECK_INTEGER(esa::Timeout(4294967293ms).milliseconds("x").value(), 4294967293);
    CHECK_INTEGER(esa::Timeout().milliseconds("x").value(), 0);
    CHECK(!esa::Timeout(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())).milliseconds("x"));
}

static void a_call_times_out() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    const auto result = client.try_create_routine_related_record(new_request("a.example.com"), {nullptr, 200ms, 1});
    CHECK(!result);
    CHECK_INTEGER(result.error().status(), ESA_ERR_TIMEOUT);
    CHECK_INTEGER(result.error().outcome(), ESA_OUTCOME_UNKNOWN);
    CHECK(std::string(result.error().what()).find("ESA_ERR_TIMEOUT: time ran out while waiting for the reply") == 0);
}

static void a_call_is_cancelled_on_another_thread() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    const esa::Cancel cancel;
    std::thread canceller([&cancel] {
        request_arrives();
        cancel.trigger();
    });
    const auto result = client.try_create_routine_related_record(new_request("a.example.com"), {&cancel, {}, 0});
    canceller.join();
    CHECK(!result);
    CHECK_INTEGER(result.error().status(), ESA_ERR_CANCELLED);
    CHECK_INTEGER(result.error().outcome(), ESA_OUTCOME_UNKNOWN);
}

static void moved_objects_do_the_same_and_empty_ones_fail_cleanly() {
    emulator().reset();
    esa::Config config = new_config();
    esa::Config moved_config = std::move(config);
    esa::Client client(moved_config);
    esa_client *const handle = client.native_handle();
    esa::Client moved_client = std::move(client);
    CHECK(moved_client.native_handle() == handle);
    CHECK(moved_client.try_create_routine_related_record(new_request("moved.example.com")));

    const auto of_empty_config = esa::Client::try_make(config);
    CHECK(!of_empty_config);
    CHECK_TEXT(of_empty_config.error().message().c_str(), "config was moved from");
    config.set_region("cn-hangzhou");
    const auto by_empty_client = client.try_create_routine_related_record(new_request("a.example.com"));
    CHECK(!by_empty_client);
    CHECK_TEXT(by_empty_client.error().message().c_str(), "client is NULL");

    client = std::move(moved_client);
    CHECK(client.native_handle() == handle);
    CHECK_INTEGER(requests_seen(), 1);
}

int main() {
    RUN_CATCHING(a_record_is_created);
#if __cplusplus >= 202002L
    RUN_CATCHING(a_request_is_written_in_place);
#endif
    RUN_CATCHING(errors_have_every_field);
    RUN_CATCHING(value_of_an_error_throws);
    RUN_CATCHING(bad_arguments_are_refused_before_anything_is_sent);
    RUN_CATCHING(texts_need_no_terminator);
    RUN_CATCHING(timeouts_are_rounded_up);
    RUN_CATCHING(a_call_times_out);
    RUN_CATCHING(a_call_is_cancelled_on_another_thread);
    RUN_CATCHING(moved_objects_do_the_same_and_empty_ones_fail_cleanly);
    return check_failed_tests != 0;
}
