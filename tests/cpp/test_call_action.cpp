// Any action by its name, a signature for others to send, and the reply that they received.
#include "fixture.hpp"

#include "code_upload.h"

using namespace std::chrono_literals;

static bool has(const std::string &text, std::string_view part) { return text.find(part) != text.npos; }

// What follows `"name":` in a reply, up to the text's or the number's end.
static std::string value_in(const std::string &reply, const std::string &name) {
    auto begin = reply.find("\"" + name + "\":");
    if (begin == reply.npos) {
        return "";
    }
    begin += name.size() + 3;
    begin += reply[begin] == '"';
    return reply.substr(begin, reply.find_first_of("\",}]", begin) - begin);
}

static void a_routine_lives_by_calls_alone() {
    emulator().reset();
    const esa::Client client(new_config());
    const auto created =
        client.call({"CreateRoutine", R"({"Name": "by-call", "Description": "näive", "HasAssets": false})"}).value();
    CHECK(created.http_status == 200 && created.attempts == 1 && has(created.body, created.request_id));

    esa_emulator at{};
    const auto url = emulator().url();
    at.port = std::stol(url.substr(url.rfind(':') + 1));
    const auto info = client.call({"GetRoutineStagingCodeUploadInfo", R"({"Name": "by-call"})"}).value();
    CHECK(upload_code(&at, info.body.c_str(), "export default { fetch: () => new Response() }"));
    const auto version =
        value_in(client.call({"CommitRoutineStagingCode", R"({"Name": "by-call"})"}).value().body, "CodeVersion");
    CHECK(client.call({"PublishRoutineCodeVersion",
                       R"({"Name": "by-call", "Env": "production", "CodeVersion": ")" + version + "\"}"}));
    const auto routine = client.call({"GetRoutine", R"({"Name": "by-call"})"}, {nullptr, 60s, 1}).value();
    CHECK(has(routine.body, "näive") && has(routine.body, version));
    const auto page = client.call({"ListUserRoutines", R"({"PageNumber": 2, "PageSize": 1})"});
    CHECK(page && has(page->body, "\"PageNumber\":2"));

    const auto site_id = std::to_string(emulator().site_id());
    esa::CallActionRequest bind{"CreateRoutineRelatedRecord", R"({"Name": "by-call", "RecordName": "a.example.com"})"};
    bind.parameters = {{"SiteId", site_id, ESA_PLACE_FORM}};
    const auto record_id = value_in(client.call(bind).value().body, "RecordId");
    CHECK(has(client.call({"ListRoutineRelatedRecords", R"({"Name": "by-call"})"}).value().body, record_id));
    auto unbind = bind;
    unbind.action = "DeleteRoutineRelatedRecord";
    unbind.parameters = {{"SiteId", site_id}, {"RecordId", record_id}};
    CHECK(client.call(unbind).has_value());
    CHECK(client.call({"DeleteRoutine", R"({"Name": "by-call"})"}).has_value());
    CHECK_INTEGER(client.call({"GetRoutine", R"({"Name": "by-call"})"}).error().status(), ESA_ERR_NOT_FOUND);
}

static void a_site_is_made_and_found() {
    emulator().reset();
    const esa::Client client(new_config());
    const auto created = client
                             .call({"CreateSite", R"({"SiteName": "called.org", "AccessType": "NS",
        "Coverage": "overseas", "InstanceId": "esa-site-called"})"})
                             .value();
    const auto site_id = value_in(created.body, "SiteId");
    CHECK(has(client.call({"ListSites", R"({"SiteName": "called.org"})"}).value().body, site_id));
    CHECK(has(client.call({"GetSite", R"({"SiteId": )" + site_id + "}"}).value().body, "called.org"));
}

static void what_cannot_be_sent_is_named() {
    const esa::Client client(new_config());
    const auto refused = [&](const esa::CallActionRequest &request) {
        const auto result = client.call(request);
        return result ? std::string() : result.error().message();
    };
    CHECK(has(refused({"No Action"}), "action"));
    CHECK(has(refused({"GetSite", "[]"}), "params"));
    CHECK(has(refused({"GetSite", std::string("{}\0", 3)}), "params is not UTF-8"));
    esa::CallActionRequest parameters{"GetSite"};
    parameters.parameters = {{"SiteId", "1"}, {"Other", std::string("\0", 1)}};
    CHECK(has(refused(parameters), "parameters[1].value is not UTF-8"));
}

static void a_lost_write_is_unknown_and_not_sent_again() {
    emulator().reset();
    emulator().post("faults", R"({"action": "CreateRoutine", "when": "after", "wire": {"kind": "drop"}})");
    const esa::Client client(new_config());
    const auto lost = client.call({"CreateRoutine", R"({"Name": "lost"})"});
    CHECK(!lost);
    CHECK_INTEGER(lost.error().outcome(), ESA_OUTCOME_UNKNOWN);
    CHECK_INTEGER(requests_seen(), 1);
    CHECK(client.call({"GetRoutine", R"({"Name": "lost"})"}).has_value());
}

static void an_action_goes_on_a_multi() {
    emulator().reset();
    const esa::Client client(new_config());
    esa::Multi multi;
    std::string body;
    const auto params = R"({"SiteId": )" + std::to_string(emulator().site_id()) + "}";
    CHECK(multi.start<esa::CallAction>(client, {"GetSite", params}, [&](const auto &result) { body = result->body; }));
    while (multi.pending() > 0) {
        multi.step().value();
    }
    CHECK(has(body, emulator().site_name()));
}

static void a_request_is_signed_for_others() {
    const esa::Client client(new_config());
    const auto signed_request = client.sign({"GetSite", R"({"SiteId": 7})"}).value();
    CHECK_TEXT(signed_request.method.c_str(), "GET");
    CHECK_TEXT(signed_request.url.c_str(), (emulator().url() + "/?SiteId=7").c_str());
    CHECK(!signed_request.headers.empty() && signed_request.body.empty());

    esa::SignWithOptions with;
    with.credentials = {"testid", "testsecret", "", {}};
    with.nonce = "0123456789abcdef0123456789abcdef";
    with.date = std::chrono::system_clock::time_point(1735787045s);
    const auto create = esa::sign_with(with, {"CreateRoutineRelatedRecord", R"({"Name": "test-routine1",
        "RecordName": "test-record-1.example.com", "SiteId": 54362329990032})"})
                            .value();
    std::string authorization;
    for (const auto &[name, value] : create.headers) {
        authorization += name == "authorization" ? value : "";
    }
    CHECK(has(authorization, "Signature=94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4"));
    with.nonce = "";
    CHECK(has(esa::sign_with(with, {"GetSite"}).error().message(), "nonce"));
}

static void a_reply_of_others_is_read() {
    esa::Reply reply;
    reply.action = "GetSite";
    reply.http_status = 200;
    reply.body = R"({"RequestId": "r1", "SiteModel": {}})";
    CHECK_TEXT(esa::read_reply(reply).value().request_id.c_str(), "r1");
    reply.http_status = 400;
    reply.headers = {{"X-Acs-Retry-After", "1500"}};
    reply.body = R"({"RequestId": "r2", "Code": "Throttling.User", "Message": "slow down"})";
    const auto throttled = esa::read_reply(reply);
    CHECK(!throttled && throttled.error().status() == ESA_ERR_THROTTLED && throttled.error().retryable());
    CHECK(throttled.error().retry_after() == 1500ms);
    // The server's, so what can't be read is passed over.
    reply.headers = {{std::string("X-Acs-Retry-After\0", 18), "1500"}};
    CHECK(esa::read_reply(reply).error().retry_after() == 0ms);
}

int main() {
    RUN_CATCHING(a_routine_lives_by_calls_alone);
    RUN_CATCHING(a_site_is_made_and_found);
    RUN_CATCHING(what_cannot_be_sent_is_named);
    RUN_CATCHING(a_lost_write_is_unknown_and_not_sent_again);
    RUN_CATCHING(an_action_goes_on_a_multi);
    RUN_CATCHING(a_request_is_signed_for_others);
    RUN_CATCHING(a_reply_of_others_is_read);
    return check_failed_tests != 0;
}
