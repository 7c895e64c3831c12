// Configurations: setters, what they refuse, the log's sink, and the emulator as an object.
#include "fixture.hpp"
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_view_literals;

static std::string refusal(const esa::Config &config) {
    const auto client = esa::Client::try_make(config);
    return client ? "no error" : client.error().what();
}

static void what_a_setter_refuses_is_told_by_the_client() {
    const auto message = [](auto set) {
        esa::Config config;
        set(config);
        return refusal(config);
    };
    CHECK_TEXT(message([](auto &config) { config.set_region("a\0b"sv); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: region has a NUL character");
    CHECK_TEXT(message([](auto &config) { config.set_endpoint("\0"sv); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: endpoint has a NUL character");
    CHECK_TEXT(message([](auto &config) { config.set_credentials("id", "a\0b"sv); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: access_key_secret has a NUL character");
    CHECK_TEXT(message([](auto &config) { config.set_credentials("id", "secret", ""); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: security_token is empty");
    CHECK_TEXT(message([](auto &config) { config.set_credentials("", "secret"); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: access_key_id is empty");
    CHECK_TEXT(message([](auto &config) { config.set_network(esa::Network(3)); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: network is 3; it is a value of esa_network");
    CHECK_TEXT(message([](auto &config) { config.set_proxy("ftp://p"); }).c_str(),
               "ESA_ERR_CONFIG: proxy is of a kind that isn't supported: http, socks5 and socks5h are");
    CHECK_TEXT(message([](auto &config) { config.set_attempt_timeout(-1ms); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: attempt_timeout is out of range; it is 0 to 4294967293 ms");
    CHECK_TEXT(message([](auto &config) { config.set_idle_timeout(1200h); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: idle_timeout is out of range; it is 0 to 4294967293 ms");
    CHECK_TEXT(message([](auto &config) { config.set_timeout(esa::Timeout::none()); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: timeout is ESA_NONE; it can be 1 or more, 0 or ESA_UNLIMITED");
    CHECK_TEXT(message([](auto &config) { config.set_reconcile_horizon(-1ms); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: reconcile_horizon is out of range; it is 0 to 4294967293 ms");
    CHECK_TEXT(message([](auto &config) { config.set_signature_version(esa::SignatureVersion(2)); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: signature_version is 2; it is a value of esa_signature_version");
    CHECK_TEXT(message([](auto &config) { config.set_user_agent("\n"); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: user_agent is empty or not printable ASCII");
    CHECK_TEXT(message([](auto &config) { config.set_log(esa::LogLevel(9), nullptr); }).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: level is 9; it is a value of esa_log_level");
}

static void the_same_setter_with_a_good_value_makes_it_good() {
    esa::Config config;
    config.set_endpoint("http://127.0.0.1:1").set_region("a\0b"sv).set_user_agent("\n").set_credentials("id", "a\0b"sv);
    config.set_region("cn-hangzhou").set_credentials("id", "secret");
    CHECK_TEXT(refusal(config).c_str(), "ESA_ERR_INVALID_ARGUMENT: user_agent is empty or not printable ASCII");
    config.set_user_agent("good/1").set_attempt_timeout(-1ms).set_idle_timeout(1200h);
    CHECK_TEXT(refusal(config).c_str(),
               "ESA_ERR_INVALID_ARGUMENT: attempt_timeout is out of range; it is 0 to 4294967293 ms");
    config.set_attempt_timeout(1s).set_idle_timeout(1s);
    CHECK_TEXT(refusal(config).c_str(), "no error");
}

static void a_configuration_that_cannot_be_used_is_thrown() {
    esa::Config config;
    config.set_ca_file("no/such/file");
    bool caught = false;
    try {
        const esa::Client client{config};
    } catch (const esa::Error &error) {
        caught = error.status() == ESA_ERR_CONFIG;
    }
    CHECK(caught);
    config = esa::Config();
    config.set_ca_pem("garbage");
    CHECK(refusal(config).find("ESA_ERR_CONFIG: CA PEM: ") == 0);
}

static void every_setter_in_a_chain() {
    emulator().reset();
    esa::Config config;
    config.set_endpoint(emulator().url())
        .set_credentials(emulator().access_key_id(), emulator().access_key_secret())
        .set_region("ap-southeast-1")
        .set_network(ESA_NETWORK_VPC)
        .set_proxy("")
        .set_connect_timeout(5s)
        .set_attempt_timeout(esa::Timeout::unlimited())
        .set_timeout({})
        .set_signature_version(ESA_SIGNATURE_V1)
        .set_user_agent("test/1")
        .set_max_idle_connections(2)
        .set_idle_timeout(10s)
        .set_reconcile_horizon(1500ms)
        .set_log(ESA_LOG_INFO, nullptr);
    const esa::Client client(config);
    CHECK_TEXT(client.create_routine_related_record(new_request("chain.example.com")).status.c_str(), "OK");
    CHECK(emulator().get("requests").find("\"V1\"") != std::string::npos);
    CHECK_INTEGER(client.stats().calls, 1);
    CHECK_INTEGER(client.stats().connections_opened, 1);
}

static void the_sink_gets_lines_and_outlives_the_configuration() {
    emulator().reset();
    const auto lines = std::make_shared<std::string>();
    {
        esa::Config config = new_config();
        config.set_log(ESA_LOG_DEBUG, [lines](const esa::LogRecord &record) {
            *lines += std::to_string(record.level) + " " + std::string(record.message) + "\n";
        });
        const esa::Client client(config);
        config = esa::Config();
        client.create_routine_related_record(new_request("logged.example.com"));
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
    config.set_log(ESA_LOG_DEBUG, [&](const esa::LogRecord &record) {
        lines.push_back({record.call, std::string(record.record_name)});
        if (record.level == ESA_LOG_DEBUG) {
            requests += std::string(record.action.substr(0, 6)) + " " + std::to_string(record.attempt) + " " +
                        std::to_string(record.http_status) + (record.request_id.empty() ? "" : " id") + "\n";
        }
    });
    esa::Client(config).create_routine_related_record(new_request("lost.example.com"));
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
    config.set_log(ESA_LOG_INFO, [&](const esa::LogRecord &record) {
        const std::lock_guard<std::mutex> guard(mutex);
        names[record.call].insert(std::string(record.record_name));
        others += record.level != ESA_LOG_INFO;
    });
    const esa::Client client(config);
    std::thread other([&] { client.create_routine_related_record(new_request("a.example.com")); });
    client.create_routine_related_record(new_request("b.example.com"));
    other.join();
    CHECK_INTEGER(others, 0);
    CHECK_INTEGER(names.size(), 2);
    for (const auto &call : names) {
        CHECK_INTEGER(call.second.size(), 1);
    }
}

static void a_refused_level_leaves_the_sink_that_was_there() {
    emulator().reset();
    int lines = 0;
    esa::Config config = new_config();
    config.set_log(ESA_LOG_DEBUG, [&lines](const esa::LogRecord &) { lines++; });
    const esa::Client client(config);
    config.set_log(esa::LogLevel(5), [](const esa::LogRecord &) {});
    client.create_routine_related_record(new_request("logged.example.com"));
    CHECK_INTEGER(lines, 1);
}

static void what_the_sink_throws_is_dropped() {
    emulator().reset();
    int lines = 0;
    esa::Config config = new_config();
    config.set_log(ESA_LOG_DEBUG, [&lines](const esa::LogRecord &) {
        lines++;
        throw std::runtime_error("from the sink");
    });
    CHECK(esa::Client(config).try_create_routine_related_record(new_request("thrown.example.com")));
    CHECK_INTEGER(lines, 1);
}

static void the_emulator_speaks_tls_too() {
    const esa::Emulator tls(nullptr, true);
    esa::Config config;
    config.set_endpoint(tls.url()).set_credentials(tls.access_key_id(), tls.access_key_secret());
    const auto request = new_request("tls.example.com");
    const auto untrusted = esa::Client(config).try_create_routine_related_record(request);
    CHECK(!untrusted);
    CHECK_INTEGER(untrusted.error().status(), ESA_ERR_TLS);
    config.set_ca_file(tls.ca_file());
    CHECK(esa::Client(config).try_create_routine_related_record(request));
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
    RUN_CATCHING(what_a_setter_refuses_is_told_by_the_client);
    RUN_CATCHING(the_same_setter_with_a_good_value_makes_it_good);
    RUN_CATCHING(a_configuration_that_cannot_be_used_is_thrown);
    RUN_CATCHING(every_setter_in_a_chain);
    RUN_CATCHING(the_sink_gets_lines_and_outlives_the_configuration);
    RUN_CATCHING(all_lines_of_a_call_have_its_number_and_its_record);
    RUN_CATCHING(calls_at_once_are_told_apart_and_at_info_no_request_is_told);
    RUN_CATCHING(a_refused_level_leaves_the_sink_that_was_there);
    RUN_CATCHING(what_the_sink_throws_is_dropped);
    RUN_CATCHING(the_emulator_speaks_tls_too);
    RUN_CATCHING(an_emulator_that_cannot_start_is_an_exception);
    return check_failed_tests != 0;
}
