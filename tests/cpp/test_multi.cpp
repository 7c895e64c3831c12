// Calls that the program's own event loop drives.
#include "fixture.hpp"

#include <poll.h>
#include <stdexcept>

using namespace std::chrono_literals;

using Created = esa::Result<esa::CreateRoutineRelatedRecordResult>;

// Whether the multi has something to do within half a minute.
static bool waits(const esa::Multi &multi) {
    pollfd watched{multi.descriptor(), POLLIN, 0};
    return poll(&watched, 1, 30'000) == 1;
}

// Steps until no call is pending any more.
static void drain(esa::Multi &multi) {
    while (multi.pending() > 0 && waits(multi)) {
        multi.step().value();
    }
}

// Steps until `condition` holds.
template <class Condition> static bool steps_until(esa::Multi &multi, Condition condition) {
    while (!condition() && waits(multi)) {
        multi.step().value();
    }
    return condition();
}

// Without any credentials: each of its calls fails at once.
static esa::Client client_that_fails() {
    esa::Config config;
    config.endpoint = emulator().url();
    config.credentials_provider = [](auto) -> esa::Credentials { throw std::runtime_error("the vault is closed"); };
    return esa::Client(config);
}

static void every_operation_has_its_callback() {
    emulator().reset();
    const esa::Client client(new_config());
    esa::Multi multi;
    const std::string routine = emulator().routine();
    const auto request = new_request("multi.example.com");
    std::int64_t record_id = 0, site_id = 0;
    int callbacks = 0;

    CHECK(multi.start<esa::CreateRoutineRelatedRecord>(client, request, [&](Created created) {
        callbacks++;
        record_id = created.value().record_id;
    }));
    CHECK_INTEGER(static_cast<std::int64_t>(multi.pending()), 1);
    drain(multi);
    CHECK(callbacks == 1 && record_id > 0);

    CHECK(multi.start<esa::EnsureRoutineRelatedRecord>(client, request, [&](const Created &ensured) {
        callbacks += ensured && ensured->origin == ESA_ORIGIN_EXISTING && ensured->record_id == record_id;
    }));
    CHECK(multi.start<esa::GetMatchSite>(client, {"deep.example.com"}, [&](auto &&site) {
        callbacks++;
        site_id = site.value().site_id;
    }));
    CHECK(multi.start<esa::ListRoutineRelatedRecords>(client, {routine}, [&](auto page) {
        callbacks += page && page->records.size() == 1 && page->records[0].record_name == "multi.example.com";
    }));
    drain(multi);
    CHECK(callbacks == 4 && site_id == emulator().site_id());

    CHECK(multi.start<esa::DeleteRoutineRelatedRecord>(
        client, {emulator().site_id(), routine, request.record_name},
        [&](auto deletion) { callbacks += deletion && deletion->deleted; }));
    drain(multi);
    CHECK_INTEGER(callbacks, 5);
}

static void many_records_tell_their_progress() {
    emulator().reset();
    const esa::Client client(new_config());
    esa::Multi multi;
    std::vector<std::size_t> told;
    esa::EnsuredRecords all;
    const auto requests = {new_request("m0.example.com"), new_request("m.elsewhere.org"), new_request("m2.example.com"),
                           new_request("m3.example.com")};
    const auto until_third = [&told](std::size_t done, std::size_t count, const Created &last) {
        told.push_back(done);
        return count == 4 && done < 3 && last.has_value() == (done != 2);
    };

    CHECK(multi.start<esa::EnsureRoutineRelatedRecords>(client, {requests, 60s, until_third},
                                                        [&all](auto result) { all = result.value(); }));
    drain(multi);

    CHECK(told == (std::vector<std::size_t>{1, 2, 3}));
    CHECK(all.size() == 4 && all[0] && !all[1] && all[2] && !all[3]);
    CHECK_INTEGER(all[1].error().service_code(), ESA_CODE_SITE_PARAMETER_NOT_MATCH);
    CHECK_INTEGER(all[3].error().status(), ESA_ERR_CANCELLED);
    CHECK_INTEGER(all[3].error().outcome(), ESA_OUTCOME_NOT_SENT);
}

static void many_calls_are_under_way_at_once() {
    emulator().reset();
    emulator().post("faults", R"({"wire": {"kind": "hang"}, "times": 20})");
    const esa::Client client(new_config());
    esa::Multi multi;
    const std::string routine = emulator().routine();
    int cancelled = 0;
    std::vector<esa::Pending> calls;
    for (int i = 0; i < 20; i++) {
        const auto callback = [&](auto page) { cancelled += page.error().status() == ESA_ERR_CANCELLED; };
        calls.push_back(multi.start<esa::ListRoutineRelatedRecords>(client, {routine}, callback).value());
    }
    CHECK(steps_until(multi, [] { return requests_seen() == 20; }));
    CHECK_INTEGER(cancelled, 0);

    for (const auto &call : calls) {
        call.cancel();
    }
    CHECK_INTEGER(static_cast<std::int64_t>(multi.step().value()), 20);
    CHECK_INTEGER(cancelled, 20);
}

static void what_cannot_be_started_has_no_callback() {
    using namespace std::string_literals;
    emulator().reset();
    const esa::Client client(new_config());
    esa::Multi multi;
    const auto never = [](const auto &) { throw std::logic_error("a call that wasn't started"); };

    const auto text = multi.start<esa::GetMatchSite>(client, {"a\0b"s}, never);
    CHECK_TEXT(text.error().message().c_str(), "record_name is not UTF-8");
    const auto refused = multi.start<esa::GetMatchSite>(client, {""}, never);
    CHECK_INTEGER(refused.error().status(), ESA_ERR_INVALID_ARGUMENT);
    const auto item = multi.start<esa::EnsureRoutineRelatedRecords>(
        client, {{new_request("a.example.com"), new_request("\0"s)}}, never);
    CHECK_TEXT(item.error().message().c_str(), "items[1]: record_name is not UTF-8");
    CHECK(multi.pending() == 0 && multi.step().value() == 0);
    CHECK_INTEGER(requests_seen(), 0);
}

static void a_cancelled_call_tells_its_true_outcome() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    esa::Multi multi;
    std::optional<esa::Error> error;
    const auto started = multi.start<esa::CreateRoutineRelatedRecord>(
        client, new_request("hangs.example.com"), [&error](Created created) { error = created.error(); });
    const esa::Pending call = started.value();
    CHECK(steps_until(multi, [] { return requests_seen() > 0; }));
    CHECK(!error);

    call.cancel();
    CHECK_INTEGER(static_cast<std::int64_t>(multi.step().value()), 1);
    CHECK(error && error->status() == ESA_ERR_CANCELLED);
    CHECK_INTEGER(error->outcome(), ESA_OUTCOME_UNKNOWN);
    call.cancel();
    CHECK_INTEGER(static_cast<std::int64_t>(multi.step().value()), 0);
}

static void one_cancel_is_for_many_calls() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    const esa::Cancel cancel;
    esa::Multi multi;
    int cancelled = 0;
    for (int i = 0; i < 5; i++) {
        CHECK(multi.start<esa::GetMatchSite>(
            client, {"a.example.com"}, [&](auto site) { cancelled += site.error().status() == ESA_ERR_CANCELLED; },
            {&cancel, {}, 0}));
    }
    std::thread(&esa::Cancel::trigger, &cancel).join();
    drain(multi);
    CHECK_INTEGER(cancelled, 5);
}

static void a_time_limit_ends_a_call() {
    emulator().reset();
    emulator().post("faults", HANG);
    const esa::Client client(new_config());
    esa::Multi multi;
    esa::Status status = ESA_OK;
    CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"}, [&](auto site) { status = site.error().status(); },
                                         {nullptr, 200ms, 0}));
    drain(multi);
    CHECK_INTEGER(status, ESA_ERR_TIMEOUT);
}

static void what_a_callback_throws_comes_out_and_nothing_is_lost() {
    emulator().reset();
    const auto client = client_that_fails();
    esa::Multi multi;
    std::string ran;
    for (const char name : {'a', 'b', 'c', 'd'}) {
        CHECK(multi.start<esa::GetMatchSite>(client, {"x.example.com"}, [&ran, name](auto site) {
            ran += name;
            if (name != 'd') {
                (void)site.value();
            }
        }));
    }
    int thrown = 0;
    while (multi.pending() > 0 && waits(multi)) {
        try {
            multi.step().value();
        } catch (const std::exception &exception) {
            thrown += std::string_view(exception.what()).size() > 0;
        }
    }
    CHECK_INTEGER(thrown, 3);
    CHECK_TEXT(ran.c_str(), "abcd");
}

static void what_a_progress_throws_comes_out_of_the_step() {
    emulator().reset();
    const esa::Client client(new_config());
    esa::Multi multi;
    const auto requests = {new_request("p0.example.com"), new_request("p1.example.com")};
    int times = 0;
    bool ran = false;
    const auto throwing = [&times](auto, auto, const auto &) -> bool {
        times++;
        throw std::runtime_error("enough");
    };
    CHECK(multi.start<esa::EnsureRoutineRelatedRecords>(client, {requests, {}, throwing},
                                                        [&ran](const auto &) { ran = true; }));
    std::string thrown;
    try {
        drain(multi);
    } catch (const std::runtime_error &error) {
        thrown = error.what();
    }
    CHECK_TEXT(thrown.c_str(), "enough");
    CHECK(times == 1 && !ran && multi.pending() == 0);
}

static void callbacks_start_and_cancel_calls() {
    emulator().reset();
    emulator().post("faults", R"({"action": "ListRoutineRelatedRecords", "wire": {"kind": "hang"}, "times": 0})");
    const esa::Client client(new_config());
    esa::Multi multi;
    const std::string routine = emulator().routine();
    std::string ran;
    const auto hanging = multi.start<esa::ListRoutineRelatedRecords>(
        client, {routine}, [&ran](const auto &page) { ran += page ? "?" : "cancelled "; });
    CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"}, [&](const auto &) {
        ran += "first ";
        CHECK(multi.start<esa::GetMatchSite>(client, {"b.example.com"}, [&](const auto &) {
            ran += "second ";
            hanging->cancel();
        }));
    }));
    drain(multi);
    CHECK_TEXT(ran.c_str(), "first second cancelled ");
}

static void a_sink_starts_and_cancels_calls_and_nothing_else() {
    emulator().reset();
    esa::Multi multi;
    const esa::Client other(new_config());
    std::optional<esa::Pending> started;
    esa::Status stepped = ESA_OK;
    esa::Config config = new_config();
    config.log_level = ESA_LOG_DEBUG;
    config.log = [&](const esa::LogRecord &) {
        if (!started) {
            started = multi.start<esa::GetMatchSite>(other, {"a.example.com"}, [](const auto &) {}).value();
            started->cancel();
            stepped = multi.step().error().status();
        }
    };
    const esa::Client client(config);
    bool found = false;
    CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"},
                                         [&found](const auto &site) { found = site.has_value(); }));
    drain(multi);
    CHECK(found && started);
    CHECK_INTEGER(stepped, ESA_ERR_INVALID_ARGUMENT);
}

static void a_callback_that_starts_again_leaves_the_loop_its_turn() {
    const auto client = client_that_fails();
    esa::Multi multi;
    int ran = 0;
    struct Again {
        esa::Multi &multi;
        const esa::Client &client;
        int &ran;
        void operator()(const esa::Result<esa::GetMatchSiteResult> &) const {
            ran++;
            CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"}, *this));
        }
    };
    CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"}, Again{multi, client, ran}));
    for (int steps = 1; steps <= 3; steps++) {
        CHECK(waits(multi));
        CHECK_INTEGER(static_cast<std::int64_t>(multi.step().value()), 1);
        CHECK_INTEGER(ran, steps);
    }
}

static void a_callback_steps() {
    const auto client = client_that_fails();
    esa::Multi multi;
    int ran = 0;
    for (int i = 0; i < 3; i++) {
        CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"}, [&](const auto &) {
            ran++;
            multi.step().value();
        }));
    }
    multi.step().value();
    CHECK(ran == 3 && multi.pending() == 0);
}

static void callbacks_are_moved_and_run_once_and_then_destroyed() {
    const auto client = client_that_fails();
    esa::Multi multi;
    const auto held = std::make_shared<int>(0);
    CHECK(multi.start<esa::GetMatchSite>(client, {"a.example.com"},
                                         [held, unique = std::make_unique<int>(1)](auto &&) { *held += *unique; }));
    CHECK_INTEGER(held.use_count(), 2);
    multi.step().value();
    CHECK(*held == 1 && held.use_count() == 1);
}

static void a_multi_that_is_destroyed_runs_no_callback() {
    emulator().reset();
    const esa::Client client(new_config());
    const auto failing = client_that_fails();
    const auto held = std::make_shared<int>(0);
    std::optional<esa::Multi> multi(std::in_place);
    const auto callback = [held](const auto &) { ++*held; };
    const auto progress = [held](auto, auto, const auto &) { return ++*held == 0; };
    const auto requests = {new_request("d0.example.com"), new_request("d1.example.com")};
    emulator().post("faults", HANG);
    // One call that hangs, one that would report its records as not tried any more, and one that has finished.
    const auto call = multi->start<esa::GetMatchSite>(client, {"a.example.com"}, callback).value();
    CHECK(multi->start<esa::EnsureRoutineRelatedRecords>(client, {requests, {}, progress}, callback));
    CHECK(steps_until(*multi, [] { return requests_seen() == 2; }));
    CHECK(multi->start<esa::GetMatchSite>(failing, {"a.example.com"}, callback));

    multi.reset();
    CHECK(*held == 0);
    CHECK_INTEGER(held.use_count(), 3);
    call.cancel();
}

static void a_multi_that_is_moved_takes_its_calls_along() {
    emulator().reset();
    const esa::Client client(new_config());
    esa::Multi first;
    std::string ran;
    CHECK(first.start<esa::GetMatchSite>(client, {"a.example.com"}, [&ran](const auto &) { ran += "first "; }));
    const int descriptor = first.descriptor();

    esa::Multi second(std::move(first));
    CHECK(second.descriptor() == descriptor && second.pending() == 1);
    drain(second);
    first = esa::Multi();
    CHECK(first.start<esa::GetMatchSite>(client, {"a.example.com"}, [&ran](const auto &) { ran += "again "; }));
    CHECK(second.start<esa::GetMatchSite>(client, {"a.example.com"}, [&ran](const auto &) { ran += "dropped "; }));
    second = std::move(first);
    drain(second);
    CHECK_TEXT(ran.c_str(), "first again ");
}

static void a_callback_moves_and_destroys_its_multi() {
    const auto client = client_that_fails();
    std::optional<esa::Multi> multi(std::in_place), moved;
    std::string ran;
    CHECK(multi->start<esa::GetMatchSite>(client, {"a.example.com"}, [&](const auto &) {
        ran += "moves ";
        moved = std::move(multi);
    }));
    CHECK(multi->start<esa::GetMatchSite>(client, {"a.example.com"}, [&](const auto &) {
        ran += "destroys ";
        moved.reset();
        multi.reset();
    }));
    CHECK(multi->start<esa::GetMatchSite>(client, {"a.example.com"}, [&](const auto &) { ran += "runs "; }));
    CHECK_INTEGER(static_cast<std::int64_t>(multi->step().value()), 2);
    CHECK(!multi && !moved);
    CHECK_TEXT(ran.c_str(), "moves destroys ");
}

static void a_client_may_go_before_its_calls() {
    emulator().reset();
    const auto lines = std::make_shared<int>(0);
    esa::Multi multi;
    bool found = false;
    {
        esa::Config config = new_config();
        config.log_level = ESA_LOG_DEBUG;
        config.log = [lines](const esa::LogRecord &) { ++*lines; };
        const esa::Client client(config);
        CHECK(multi.start<esa::GetMatchSite>(client, {std::string("a.example.com")},
                                             [&found](const auto &site) { found = site.has_value(); }));
    }
    CHECK_INTEGER(lines.use_count(), 2);
    drain(multi);
    CHECK(found && *lines > 0);
    CHECK_INTEGER(lines.use_count(), 1);
}

int main() {
    RUN_CATCHING(every_operation_has_its_callback);
    RUN_CATCHING(many_records_tell_their_progress);
    RUN_CATCHING(many_calls_are_under_way_at_once);
    RUN_CATCHING(what_cannot_be_started_has_no_callback);
    RUN_CATCHING(a_cancelled_call_tells_its_true_outcome);
    RUN_CATCHING(one_cancel_is_for_many_calls);
    RUN_CATCHING(a_time_limit_ends_a_call);
    RUN_CATCHING(what_a_callback_throws_comes_out_and_nothing_is_lost);
    RUN_CATCHING(what_a_progress_throws_comes_out_of_the_step);
    RUN_CATCHING(callbacks_start_and_cancel_calls);
    RUN_CATCHING(a_sink_starts_and_cancels_calls_and_nothing_else);
    RUN_CATCHING(a_callback_that_starts_again_leaves_the_loop_its_turn);
    RUN_CATCHING(a_callback_steps);
    RUN_CATCHING(callbacks_are_moved_and_run_once_and_then_destroyed);
    RUN_CATCHING(a_multi_that_is_destroyed_runs_no_callback);
    RUN_CATCHING(a_multi_that_is_moved_takes_its_calls_along);
    RUN_CATCHING(a_callback_moves_and_destroys_its_multi);
    RUN_CATCHING(a_client_may_go_before_its_calls);
    return check_failed_tests != 0;
}
