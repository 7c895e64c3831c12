// A lock that clients share, in C++: what its functions give, what they throw, how long they live.
#include "fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

static esa::Result<esa::CreateRoutineRelatedRecordResult> create(const esa::Client &client, const char *record_name) {
    return client.try_create_routine_related_record(new_request(record_name));
}

static void a_write_holds_it() {
    emulator().reset();
    int asked = 0, released = 0;
    std::chrono::milliseconds lease{};
    esa::Config config = new_config();
    config.set_write_lock_hold(3s).set_write_lock(
        [&](std::chrono::milliseconds given) -> esa::LockAnswer {
            lease = given;
            return ++asked < 3 ? esa::LockAnswer(1ms) : true;
        },
        [&] { released++; });
    const esa::Client client(config);
    CHECK(create(client, "a.example.com").has_value());
    CHECK_INTEGER(asked, 3);
    CHECK_INTEGER(released, 1);
    CHECK(lease == 14s);
    CHECK_INTEGER(client.stats().lock_grants, 1);
}

static void where_it_throws_nothing_is_sent_and_without_it_calls_go_on() {
    emulator().reset();
    int asked = 0;
    esa::Config config = new_config();
    config.set_write_lock(
        [&](auto) -> esa::LockAnswer {
            switch (++asked) {
            case 1:
                throw std::runtime_error("no such table");
            case 2:
                return esa::Error(ESA_ERR_LOCK, "no such row", "");
            case 3:
                throw 7;
            default:
                return ESA_LOCK_WITHOUT;
            }
        },
        [] { throw 7; });
    const esa::Client client(config);
    for (const auto reason : {"no such table", "no such row", "threw what is no std::exception"}) {
        const auto failed = create(client, "a.example.com");
        CHECK(!failed && failed.error().status() == ESA_ERR_LOCK && failed.error().outcome() == ESA_OUTCOME_NOT_SENT);
        CHECK(!failed && failed.error().message().find(reason) != std::string::npos);
    }
    CHECK_INTEGER(requests_seen(), 0);
    CHECK(create(client, "a.example.com").has_value());
}

static void what_is_given_back_may_throw() {
    emulator().reset();
    esa::Config config = new_config();
    config.set_write_lock([](auto) { return true; }, [] { throw 7; });
    const esa::Client client(config);
    CHECK(create(client, "a.example.com").has_value());
    CHECK(create(client, "b.example.com").has_value());
}

static void it_outlives_the_configuration_and_no_client() {
    const auto held = std::make_shared<int>();
    {
        esa::Config config = new_config();
        config.set_write_lock([held](auto) { return true; }, [] {});
        const esa::Client client(config);
        config = esa::Config();
        CHECK(create(client, "c.example.com").has_value());
        CHECK_INTEGER(held.use_count(), 2);
    }
    CHECK_INTEGER(held.use_count(), 1);
}

static void one_function_alone_is_refused() {
    esa::Config config = new_config();
    config.set_write_lock([](auto) { return true; }, nullptr);
    const auto client = esa::Client::try_make(config);
    CHECK(!client && client.error().message().find("release is NULL") != std::string::npos);
    config.set_write_lock(nullptr, nullptr);
    CHECK(esa::Client::try_make(config).has_value());
}

static void clients_of_one_file_are_never_refused() {
    emulator().reset();
    const std::string path = "/tmp/libesa-write-lock-" + std::to_string(getpid());
    esa::Config config = new_config();
    config.set_write_lock_file(path);
    std::vector<std::thread> threads;
    std::atomic<int> created{0};
    for (int i = 0; i < 4; i++) {
        threads.emplace_back([&, i] {
            const esa::Client client(config);
            for (int j = 0; j < 5; j++) {
                const auto name = "r" + std::to_string(i) + "-" + std::to_string(j) + ".example.com";
                created += create(client, name.c_str()).has_value() && client.stats().busy_waits == 0;
            }
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    CHECK_INTEGER(created, 20);
    unlink(path.c_str());
}

int main() {
    RUN_CATCHING(a_write_holds_it);
    RUN_CATCHING(where_it_throws_nothing_is_sent_and_without_it_calls_go_on);
    RUN_CATCHING(what_is_given_back_may_throw);
    RUN_CATCHING(it_outlives_the_configuration_and_no_client);
    RUN_CATCHING(one_function_alone_is_refused);
    RUN_CATCHING(clients_of_one_file_are_never_refused);
    return check_failed_tests != 0;
}
