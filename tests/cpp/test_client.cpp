// Calls, errors with every field, moves and cancelling.
#include "fixture.hpp"

using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<esa::Client> && !std::is_copy_constructible_v<esa::Client>);
static_assert(std::is_nothrow_move_assignable_v<esa::Cancel> && !std::is_copy_constructible_v<esa::Cancel>);
static_assert(std::is_nothrow_copy_constructible_v<esa::Error> && std::is_base_of_v<std::exception, esa::Error>);

static void a_record_is_created() {
    emulator().reset();
    const esa::Client client(new_config());

    const auto one = client.create_routine_related_record(new_request("one.example.com")).value();
    const auto two = client.create_routine_related_record(new_request("two.example.com"));

    CHECK(one.record_id >= 1);
    CHECK_TEXT(one.status.c_str(), "OK");
    CHECK_INTEGER(one.origin, ESA_ORIGIN_CREATED);
    CHECK_INTEGER(one.attempts, 1);
    CHECK(!one.request_id.empty());
    CHECK(two && two.has_value());
    CHECK(two->record_id >= 1 && (*two).record_id != one.record_id);
    CHECK(two.value().request_id != one.request_id);
}

#if __cplusplus >= 202002L
static void a_request_is_written_in_place() {
    emulator().reset();
    const esa::Client client{new_config()};
    const auto record = client.create_routine_related_record(
        {.site_id = emulator().site_id(), .name = emulator().routine(), .record_name = "in-place.example.com"},
        {.timeout = 60s});
    CHECK_TEXT(record->status.c_str(), "OK");
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
    esa::Config config = new_config();
    config.max_attempts = 1;
    const esa::Client client(config);

    const auto result = client.create_routine_related_record(new_request("a.example.com"));
    CHECK(!result);
    check_every_field(result.error());

    bool caught = false;
    try {
        (void)result->record_id;
    } catch (const esa::Error &error) {
        check_every_field(error);
        caught = true;
    }
    CHECK(caught);
}

static void a_value_that_is_not_there_is_thrown_for() {
    esa::Result<std::string> none(esa::Error(ESA_ERR_IO, "no value", "Look first."));
    const esa::Result<std::string> &same = none;
    CHECK(!none && !none.has_value());
    const auto throws = [](auto read) {
        try {
            read();
        } catch (const esa::Error &error) {
            return error.status() == ESA_ERR_IO && error.outcome() == ESA_OUTCOME_NOT_SENT;
        }
        return false;
    };
    CHECK(throws([&] { none.value(); }) && throws([&] { same.value(); }));
    CHECK(throws([&] { (void)std::move(none).value(); }) && throws([&] { (void)*std::move(none); }));
    CHECK(throws([&] { *none; }) && throws([&] { *same; }));
    CHECK(throws([&] { (void)none->size(); }) && throws([&] { (void)same->size(); }));
    CHECK_TEXT(none.error().what(), "ESA_ERR_IO: no value");
}

template <class Result, class = void> constexpr bool gives_a_pointer = false;
template <class Result>
constexpr bool gives_a_pointer<Result, std::void_t<decltype(std::declval<Result>().operator->())>> = true;

// What would refer into a Result that is a temporary.
static_assert(gives_a_pointer<esa::Result<int> &> && gives_a_pointer<const esa::Result<int> &>);
static_assert(!gives_a_pointer<esa::Result<int>> && !gives_a_pointer<const esa::Result<int>>);
static_assert(std::is_same_v<decltype(*std::declval<esa::Result<int>>()), int>);
static_assert(std::is_same_v<decltype(std::declval<esa::Result<int>>().value()), int>);
static_assert(std::is_same_v<decltype(std::declval<esa::Result<int>>().error()), esa::Error>);

static void bad_arguments_are_named(const esa::Client &client) {
    using namespace std::string_literals;
    auto request = new_request("a.example.com");
    const auto message = [&] {
        const auto result = client.create_routine_related_record(request);
        return !result && result.error().status() == ESA_ERR_INVALID_ARGUMENT ? result.error().message() : "no error";
    };
    request.record_name = "a.example.com\0b"s;
    CHECK_TEXT(message().c_str(), "record_name is not UTF-8");
    request.name = "\0"s;
    CHECK_TEXT(message().c_str(), "name is not UTF-8");
    request.name = {};
    request.record_name = "a.example.com";
    CHECK_TEXT(message().c_str(), "name is empty");
    request = new_request("a.example.com");
    request.site_id = 0;
    CHECK_TEXT(message().c_str(), "site_id is 0; it is 1 or more");
}

static void bad_arguments_are_refused_before_anything_is_sent() {
    emulator().reset();
    bad_arguments_are_named(esa::Client(new_config()));
    CHECK_INTEGER(requests_seen(), 0);
}

static void times_out_of_range_count_as_the_nearest_one() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    for (const std::chrono::milliseconds over : {-1ms, std::chrono::milliseconds::min()}) {
        const auto result = client.create_routine_related_record(new_request("a.example.com"), {nullptr, over, 1});
        CHECK(!result);
        CHECK_INTEGER(result.error().status(), ESA_ERR_TIMEOUT);
    }
    emulator().reset();
    for (const std::chrono::milliseconds long_time : {4294967296ms, std::chrono::milliseconds::max()}) {
        CHECK(client.get_match_site({"a.example.com"}, {nullptr, long_time, 1}));
    }
}

static void a_call_times_out() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    const auto result = client.create_routine_related_record(new_request("a.example.com"), {nullptr, 200ms, 1});
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
    const auto result = client.create_routine_related_record(new_request("a.example.com"), {&cancel, {}, 0});
    canceller.join();
    CHECK(!result);
    CHECK_INTEGER(result.error().status(), ESA_ERR_CANCELLED);
    CHECK_INTEGER(result.error().outcome(), ESA_OUTCOME_UNKNOWN);
}

static void moved_objects_do_the_same_and_empty_ones_fail_cleanly() {
    emulator().reset();
    esa::Client client(new_config());
    esa_client *const handle = client.native_handle();
    esa::Client moved_client = std::move(client);
    CHECK(moved_client.native_handle() == handle);
    CHECK(moved_client.create_routine_related_record(new_request("moved.example.com")));

    const auto by_empty_client = client.create_routine_related_record(new_request("a.example.com"));
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
    RUN_CATCHING(a_value_that_is_not_there_is_thrown_for);
    RUN_CATCHING(bad_arguments_are_refused_before_anything_is_sent);
    RUN_CATCHING(times_out_of_range_count_as_the_nearest_one);
    RUN_CATCHING(a_call_times_out);
    RUN_CATCHING(a_call_is_cancelled_on_another_thread);
    RUN_CATCHING(moved_objects_do_the_same_and_empty_ones_fail_cleanly);
    return check_failed_tests != 0;
}
