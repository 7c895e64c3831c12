// Cancelling by std::stop_token, from C++20 on, with a Cancel and a std::stop_callback.
#include "fixture.hpp"

#if __has_include(<stop_token>)
#include <stop_token>
#endif

#if !defined(__cpp_lib_jthread)
#error "needs std::stop_token"
#endif

using namespace std::chrono_literals;

static void a_stop_request_cancels_a_call_that_runs() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    std::stop_source source;
    std::jthread stopper([&source] {
        request_arrives();
        source.request_stop();
    });
    const esa::Cancel cancel;
    const std::stop_callback on_stop(source.get_token(), [&cancel] { cancel.trigger(); });
    const auto result = client.create_routine_related_record(new_request("a.example.com"), {&cancel, 60s});
    CHECK(!result);
    CHECK_INTEGER(result.error().status(), ESA_ERR_CANCELLED);
    CHECK_INTEGER(result.error().outcome(), ESA_OUTCOME_UNKNOWN);
}

static void a_call_after_the_stop_request_sends_nothing() {
    emulator().reset();
    const esa::Client client(new_config());
    std::stop_source source;
    source.request_stop();
    const esa::Cancel cancel;
    const std::stop_callback on_stop(source.get_token(), [&cancel] { cancel.trigger(); });
    const auto result = client.create_routine_related_record(new_request("a.example.com"), {&cancel});
    CHECK(!result);
    CHECK_INTEGER(result.error().status(), ESA_ERR_CANCELLED);
    CHECK_INTEGER(result.error().outcome(), ESA_OUTCOME_NOT_SENT);
    CHECK_INTEGER(requests_seen(), 0);
}

static void a_token_without_a_request_does_no_harm() {
    emulator().reset();
    const esa::Client client(new_config());
    const std::stop_source source;
    const esa::Cancel cancel;
    const std::stop_callback on_stop(source.get_token(), [&cancel] { cancel.trigger(); });
    CHECK(client.create_routine_related_record(new_request("one.example.com"), {&cancel}));
}

int main() {
    RUN_CATCHING(a_stop_request_cancels_a_call_that_runs);
    RUN_CATCHING(a_call_after_the_stop_request_sends_nothing);
    RUN_CATCHING(a_token_without_a_request_does_no_harm);
    return check_failed_tests != 0;
}
