// Ensuring many records.
#include "fixture.hpp"

#include <stdexcept>

using namespace std::chrono_literals;

// Five records. The fourth is on no site of the account.
static std::vector<esa::CreateRoutineRelatedRecordRequest> five_requests() {
    return {new_request("b0.example.com"), new_request("b1.example.com"), new_request("b2.example.com"),
            new_request("b.elsewhere.org"), new_request("b4.example.com")};
}

// How many are there, and came from `origin`.
static int count(const esa::EnsuredRecords &ensured, esa::Origin origin) {
    int records = 0;
    for (const auto &one : ensured) {
        records += one && one->origin == origin;
    }
    return records;
}

static bool is_cancelled(const esa::Result<esa::CreateRoutineRelatedRecordResult> &one) {
    return !one && one.error().status() == ESA_ERR_CANCELLED && one.error().outcome() == ESA_OUTCOME_NOT_SENT;
}

static void every_record_has_a_result_or_an_error() {
    emulator().reset();
    const esa::Client client(new_config());
    const auto requests = five_requests();

    const auto first = client.ensure_routine_related_records({requests}).value();
    const auto again = client.ensure_routine_related_records({requests});

    CHECK(first.size() == 5 && count(first, ESA_ORIGIN_CREATED) == 4);
    CHECK(again && again->size() == 5 && count(*again, ESA_ORIGIN_EXISTING) == 4);
    for (const auto *ensured : {&first, &*again}) {
        CHECK(!(*ensured)[3]);
        CHECK_INTEGER((*ensured)[3].error().service_code(), ESA_CODE_SITE_PARAMETER_NOT_MATCH);
    }
    CHECK_INTEGER((*again)[4]->record_id, first[4]->record_id);
    CHECK(client.ensure_routine_related_records({}).value().empty());
}

static void progress_is_told_and_can_end_it() {
    emulator().reset();
    const esa::Client client(new_config());
    std::size_t times = 0;

    const auto until_second = [&times](std::size_t done, std::size_t all, const esa::EnsuredRecord &last) {
        times++;
        return done == times && all == 5 && last && done < 2;
    };
    const auto ensured = client.ensure_routine_related_records({five_requests(), {}, until_second}).value();

    CHECK_INTEGER(static_cast<std::int64_t>(times), 2);
    CHECK(ensured.size() == 5 && count(ensured, ESA_ORIGIN_CREATED) == 2);
    CHECK(is_cancelled(ensured[2]) && is_cancelled(ensured[3]) && is_cancelled(ensured[4]));
}

static void what_progress_throws_comes_out_and_run_again_it_goes_on() {
    emulator().reset();
    const esa::Client client(new_config());
    const esa::Progress throwing = [](std::size_t done, std::size_t, const auto &) -> bool {
        if (done == 2) {
            throw std::runtime_error("enough");
        }
        return true;
    };
    bool caught = false;
    try {
        (void)client.ensure_routine_related_records({five_requests(), {}, throwing});
    } catch (const std::runtime_error &error) {
        caught = std::string_view(error.what()) == "enough";
    }
    CHECK(caught);
    const auto rest = client.ensure_routine_related_records({five_requests()}).value();
    CHECK_INTEGER(count(rest, ESA_ORIGIN_EXISTING), 2);
    CHECK_INTEGER(count(rest, ESA_ORIGIN_CREATED), 2);
}

static void cancelling_and_the_time_limit_are_of_all_of_them() {
    emulator().reset();
    const esa::Client client(new_config());
    const esa::Cancel cancel;
    const auto cancel_at_first = [&cancel](auto done, auto, const auto &) {
        if (done == 1) {
            cancel.trigger();
        }
        return true;
    };
    const auto cancelled =
        client.ensure_routine_related_records({five_requests(), {}, cancel_at_first}, {&cancel}).value();
    CHECK(cancelled[0] && is_cancelled(cancelled[1]) && is_cancelled(cancelled[4]));

    emulator().post("faults", HANG);
    const int before = requests_seen();
    const auto late = client.ensure_routine_related_records({five_requests(), 300ms}).value();
    for (const auto &one : late) {
        CHECK(!one);
        CHECK_INTEGER(one.error().status(), ESA_ERR_TIMEOUT);
    }
    CHECK_INTEGER(requests_seen() - before, 1);
}

static void bad_arguments_are_named_and_nothing_is_sent() {
    using namespace std::string_literals;
    emulator().reset();
    const esa::Client client(new_config());
    auto requests = five_requests();
    requests[2].record_name = "a\0b"s;
    CHECK_TEXT(client.ensure_routine_related_records({requests}).error().message().c_str(),
               "items[2]: record_name is not UTF-8");
    requests[2].record_name = "\xff"s;
    CHECK_TEXT(client.ensure_routine_related_records({requests}).error().message().c_str(),
               "items[2]: record_name is not UTF-8");
    CHECK_INTEGER(requests_seen(), 0);
}

int main() {
    RUN_CATCHING(every_record_has_a_result_or_an_error);
    RUN_CATCHING(progress_is_told_and_can_end_it);
    RUN_CATCHING(what_progress_throws_comes_out_and_run_again_it_goes_on);
    RUN_CATCHING(cancelling_and_the_time_limit_are_of_all_of_them);
    RUN_CATCHING(bad_arguments_are_named_and_nothing_is_sent);
    return check_failed_tests != 0;
}
