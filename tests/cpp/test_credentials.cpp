// A provider of credentials in C++: what it gives, what it throws, how long it lives.
#include "fixture.hpp"

#include <atomic>
#include <vector>

using namespace std::chrono_literals;

static esa::Credentials right_ones() { return {emulator().access_key_id(), emulator().access_key_secret(), "", {}}; }

static esa::Config config_with(esa::CredentialsProvider provider) {
    esa::Config config;
    config.endpoint = emulator().url();
    config.credentials_provider = std::move(provider);
    return config;
}

// Why a call with the provider finds no credentials.
static std::string reason_of(esa::CredentialsProvider provider) {
    const esa::Client client(config_with(std::move(provider)));
    const auto site = client.get_match_site({"a.example.com"});
    if (site || site.error().status() != ESA_ERR_CREDENTIALS || site.error().outcome() != ESA_OUTCOME_NOT_SENT) {
        return "not for want of credentials";
    }
    const std::string &message = site.error().message();
    const std::string begin = "no credentials: callback: ";
    return message.find(begin) == 0 ? message.substr(begin.size()) : message;
}

static void calls_of_many_threads_ask_once() {
    std::atomic<int> asked{0}, succeeded{0};
    const esa::Client client(config_with([&asked](std::chrono::milliseconds left) {
        asked += left > 0ms;
        std::this_thread::sleep_for(50ms);
        return right_ones();
    }));
    CHECK(client.credentials_source().empty());
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; i++) {
        threads.emplace_back([&] { succeeded += client.get_match_site({"a.example.com"}).has_value(); });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    CHECK_INTEGER(succeeded, 16);
    CHECK_INTEGER(asked, 1);
    CHECK(client.credentials_source() == "callback");
}

static void what_it_throws_is_the_reason() {
    emulator().reset();
    CHECK_TEXT(reason_of([](auto) -> esa::Credentials { throw std::runtime_error("the vault is closed"); }).c_str(),
               "the vault is closed");
    CHECK_TEXT(reason_of([](auto) -> esa::Credentials { throw 7; }).c_str(),
               "the program's own function threw what is no std::exception");
    CHECK_INTEGER(requests_seen(), 0);
}

static void what_cannot_be_used_is_refused_and_not_repeated() {
    emulator().reset();
    const auto reason = [](esa::Credentials credentials) { return reason_of([=](auto) { return credentials; }); };
    CHECK_TEXT(reason({"id", std::string("hunter2\0", 8), "", {}}).c_str(), "access_key_secret is not UTF-8");
    CHECK_TEXT(reason({"id", "hunter2 ", "", {}}).c_str(),
               "access_key_secret has a blank, a control character or a byte that is not ASCII");
    CHECK_TEXT(reason({"", "hunter2", "", {}}).c_str(), "access_key_id is empty");
    const std::chrono::system_clock::time_point in_1970{};
    for (const auto passed : {in_1970, in_1970 - 1h, in_1970 + 1ms, std::chrono::system_clock::now() - 2s}) {
        CHECK_TEXT(reason({"id", "hunter2", "", passed}).c_str(), "the credentials that it gives have expired");
    }
    CHECK_INTEGER(requests_seen(), 0);
}

static void those_that_expire_are_renewed_and_others_are_not() {
    const auto asked = [](std::optional<std::chrono::seconds> lifetime) {
        int count = 0;
        const esa::Client client(config_with([&](auto) {
            count++;
            auto credentials = right_ones();
            if (lifetime) {
                credentials.expires_at = std::chrono::system_clock::now() + *lifetime;
            }
            return credentials;
        }));
        for (int i = 0; i < 300 && count < 2; i++) {
            client.get_match_site({"a.example.com"}).value();
            std::this_thread::sleep_for(lifetime == 2s ? 10ms : 0ms);
        }
        return count;
    };
    CHECK_INTEGER(asked(2s), 2);
    CHECK_INTEGER(asked(1h), 1);
    CHECK_INTEGER(asked({}), 1);
}

static void it_outlives_the_configuration_and_no_client() {
    const auto held = std::make_shared<int>();
    {
        esa::Config config = config_with([held](auto) { return right_ones(); });
        const esa::Client client(config);
        config = esa::Config();
        CHECK(client.get_match_site({"a.example.com"}));
        CHECK_INTEGER(held.use_count(), 2);
    }
    CHECK_INTEGER(held.use_count(), 1);
}

static void it_counts_before_fixed_credentials() {
    esa::Config config = config_with([](auto) { return right_ones(); });
    config.credentials = {"id", "secret"};
    const esa::Client with_both(config);
    CHECK(with_both.get_match_site({"a.example.com"}));
    CHECK(with_both.credentials_source() == "callback");
    config.credentials_provider = nullptr;
    config.credentials = right_ones();
    const esa::Client with_fixed(config);
    CHECK(with_fixed.get_match_site({"a.example.com"}));
    CHECK(with_fixed.credentials_source() == "configuration");
}

int main() {
    RUN_CATCHING(calls_of_many_threads_ask_once);
    RUN_CATCHING(what_it_throws_is_the_reason);
    RUN_CATCHING(what_cannot_be_used_is_refused_and_not_repeated);
    RUN_CATCHING(those_that_expire_are_renewed_and_others_are_not);
    RUN_CATCHING(it_outlives_the_configuration_and_no_client);
    RUN_CATCHING(it_counts_before_fixed_credentials);
    return check_failed_tests != 0;
}
