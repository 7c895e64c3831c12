// Configurations: what is set, what is refused, the log's sink, and the emulator as an object.
#include "fixture.hpp"

#include <map>
#include <mutex>
#include <set>

using namespace std::chrono_literals;
using namespace std::string_literals;

static std::string refusal(const esa::Config &config) {
    const auto client = esa::Client::make(config);
    return client ? "no error" : client.error().what();
}

static void what_cannot_be_used_is_told_by_the_client() {
    const auto message = [](auto set) {
        esa::Config config;
        set(config);
        return refusal(config);
    };
    CHECK_TEXT(message([](auto &config) { config.region = "a\0b"s; }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: region is not UTF-8");
    CHECK_TEXT(message([](auto &config) { config.endpoint = "\0"s; }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: endpoint is not UTF-8");
    CHECK_TEXT(message([](auto &config) { config.endpoint = ""; }).c_str(),
               "ESA_ERR_CONFIG: endpoint \"\" is not a URL");
    CHECK_TEXT(message([](auto &config) { config.credentials = {"id", "a\0b"s}; }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: access_key_secret is not UTF-8");
    CHECK_TEXT(message([](auto &config) { config.credentials = {"", "secret"}; }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: access_key_id is empty");
    CHECK_TEXT(message([](auto &config) { config.network = esa::Network(3); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: network is 3; it is a value of esa_network");
    CHECK_TEXT(message([](auto &config) { config.proxy = "ftp://p"; }).c_str(),
               "ESA_ERR_CONFIG: proxy is of a kind that isn't supported: http, socks5 and socks5h are");
    CHECK_TEXT(message([](auto &config) { config.signature_version = esa::SignatureVersion(2); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: signature_version is 2; it is a value of esa_signature_version");
    CHECK_TEXT(message([](auto &config) { config.user_agent = "\n"; }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: user_agent is empty or not printable ASCII");
    CHECK_TEXT(message([](auto &config) { config.log_level = esa::LogLevel(9); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: level is 9; it is a value of esa_log_level");
    CHECK_TEXT(message([](auto &config) { config.timeout = esa::none; }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: timeout is ESA_NONE; it can be 1 or more, 0 or ESA_UNLIMITED");
    CHECK(message([](auto &config) { config.ca_pem = "garbage"; }).find("ESA_ERR_CONFIG: CA PEM: ") == 0);
}

static void a_configuration_that_cannot_be_used_is_thrown() {
    esa::Config config;
    config.ca_file = "no/such/file";
    bool caught = false;
    try {
        const esa::Client client{config};
    } catch (const esa::Error &error) {
        caught = error.status() == ESA_ERR_CONFIG;
    }
    CHECK(caught);
}

static void every_setting_counts() {
    emulator().reset();
    esa::Config config = new_config();
    config.region = "ap-southeast-1";
    config.network = ESA_NETWORK_VPC;
    config.proxy = "";
    config.connect_timeout = 5s;
    config.attempt_timeout = esa::unlimited;
    config.signature_version = ESA_SIGNATURE_V1;
    config.user_agent = "test/1";
    config.max_idle_connections = 2;
    config.idle_timeout = 10s;
    config.reconcile_horizon = 1500ms;
    config.log_level = ESA_LOG_ERROR;
    const esa::Client client(config);
    CHECK_TEXT(client.create_routine_related_record(new_request("all.example.com")).value().status.c_str(), "OK");
    CHECK(emulator().get("requests").find("\"V1\"") != std::string::npos);
    CHECK_INTEGER(client.stats().calls, 1);
    CHECK_INTEGER(client.stats().connections_opened, 1);

    config.max_idle_connections = ESA_NONE;
    const esa::Client keeps_none(config);
    CHECK(keeps_none.get_match_site({"a.example.com"}) && keeps_none.get_match_site({"a.example.com"}));
    CHECK_INTEGER(keeps_none.stats().connections_opened, 2);
}

static void each_time_limit_is_its_own() {
    std::uint64_t attempts = 0;
    const auto call_with = [&attempts](auto set) {
        emulator().reset();
        emulator().post("faults", HANG);
        esa::Config config = new_config();
        config.max_attempts = 2;
        set(config);
        const esa::Client client(config);
        CHECK_TEXT(esa_status_name(client.get_match_site({"a.example.com"}).error().status()), "ESA_ERR_TIMEOUT");
        attempts = client.stats().attempts;
    };
    call_with([](auto &config) { config.attempt_timeout = 100ms; });
    CHECK_INTEGER(attempts, 2);
    call_with([](auto &config) { config.timeout = 100ms; });
    CHECK_INTEGER(attempts, 1);
}

static void the_sink_gets_lines_and_outlives_the_configuration() {
    emulator().reset();
    const auto lines = std::make_shared<std::string>();
    {
        esa::Config config = new_config();
        config.log_level = ESA_LOG_DEBUG;
        config.log = [lines](const esa::LogRecord &record) {
            *lines += std::to_string(record.level) + " " + record.message + "\n";
        };
        const esa::Client client(config);
        config = esa::Config();
        CHECK(client.create_routine_related_record(new_request("logged.example.com")));
        CHECK_INTEGER(lines.use_count(), 2);
    }
    CHECK_INTEGER(lines.use_count(), 1);
    CHECK(lines->find("4 call ") == 0);
    CHECK(lines->find(": CreateRoutineRelatedRecord logged.example.com: attempt 1: HTTP 200 from 127.0.0.1:") !=
          lines->npos);
    CHECK(lines->find(emulator().access_key_secret()) == lines->npos);
}

static void all_lines_of_a_call_have_its_number_and_its_record() {
    emulator().reset();
    emulator().post("faults",
                    R"({"action": "CreateRoutineRelatedRecord", "when": "before", "wire": {"kind": "drop"}})");
    struct Line {
        std::uint64_t call;
        std::string name;
    };
    std::vector<Line> lines;
    std::string requests;
    esa::Config config = new_config();
    config.log_level = ESA_LOG_DEBUG;
    config.log = [&](const esa::LogRecord &record) {
        lines.push_back({record.call, record.record_name});
        if (record.level == ESA_LOG_DEBUG) {
            const std::string id = record.request_id;
            requests += std::string(record.action, 6) + " " + std::to_string(record.attempt) + " " +
                        std::to_string(record.http_status) + (id.empty() ? "" : " id") + "\n";
        }
    };
    CHECK(esa::Client(config).create_routine_related_record(new_request("lost.example.com")));
    CHECK_TEXT(requests.c_str(), "Create 1 0\nListRo 1 200 id\nCreate 2 200 id\n");
    for (const auto &line : lines) {
        CHECK(line.call > 0 && line.call == lines[0].call);
        CHECK_TEXT(line.name.c_str(), "lost.example.com");
    }
}

static void calls_at_once_are_told_apart_and_at_info_no_request_is_told() {
    emulator().reset();
    for (const std::string name : {"a", "b"}) {
        emulator().post("faults", R"({"action": "CreateRoutineRelatedRecord", "parameters": {"RecordName": ")" + name +
                                      R"(.example.com"}, "when": "before", "wire": {"kind": "drop"}})");
    }
    std::mutex mutex;
    std::map<std::uint64_t, std::set<std::string>> names;
    int others = 0;
    esa::Config config = new_config();
    config.log_level = ESA_LOG_INFO;
    config.log = [&](const esa::LogRecord &record) {
        const std::lock_guard<std::mutex> guard(mutex);
        names[record.call].insert(record.record_name);
        others += record.level != ESA_LOG_INFO;
    };
    const esa::Client client(config);
    bool created = false;
    std::thread other(
        [&] { created = client.create_routine_related_record(new_request("a.example.com")).has_value(); });
    const auto here = client.create_routine_related_record(new_request("b.example.com"));
    other.join();
    CHECK(created && here);
    CHECK_INTEGER(others, 0);
    CHECK_INTEGER(static_cast<std::int64_t>(names.size()), 2);
    for (const auto &call : names) {
        CHECK_INTEGER(static_cast<std::int64_t>(call.second.size()), 1);
    }
}

static void what_the_sink_throws_is_dropped() {
    emulator().reset();
    int lines = 0;
    esa::Config config = new_config();
    config.log_level = ESA_LOG_DEBUG;
    config.log = [&lines](const esa::LogRecord &) {
        lines++;
        throw std::runtime_error("from the sink");
    };
    CHECK(esa::Client(config).create_routine_related_record(new_request("thrown.example.com")));
    CHECK_INTEGER(lines, 1);
}

static void the_emulator_speaks_tls_too() {
    const esa::Emulator tls(nullptr, true);
    esa::Config config;
    config.endpoint = tls.url();
    config.credentials = {tls.access_key_id(), tls.access_key_secret()};
    const auto request = new_request("tls.example.com");
    const auto untrusted = esa::Client(config).create_routine_related_record(request);
    CHECK(!untrusted);
    CHECK_INTEGER(untrusted.error().status(), ESA_ERR_TLS);
    config.ca_file = tls.ca_file();
    CHECK(esa::Client(config).create_routine_related_record(request));
}

static void an_emulator_that_cannot_start_is_an_exception() {
    bool caught = false;
    try {
        const esa::Emulator emulator("no/such/seed.json");
    } catch (const std::runtime_error &error) {
        caught = std::string(error.what()).find("esa-emulator: ") == 0;
    }
    CHECK(caught);
}

int main() {
    RUN_CATCHING(what_cannot_be_used_is_told_by_the_client);
    RUN_CATCHING(a_configuration_that_cannot_be_used_is_thrown);
    RUN_CATCHING(every_setting_counts);
    RUN_CATCHING(each_time_limit_is_its_own);
    RUN_CATCHING(the_sink_gets_lines_and_outlives_the_configuration);
    RUN_CATCHING(all_lines_of_a_call_have_its_number_and_its_record);
    RUN_CATCHING(calls_at_once_are_told_apart_and_at_info_no_request_is_told);
    RUN_CATCHING(what_the_sink_throws_is_dropped);
    RUN_CATCHING(the_emulator_speaks_tls_too);
    RUN_CATCHING(an_emulator_that_cannot_start_is_an_exception);
    return check_failed_tests != 0;
}
