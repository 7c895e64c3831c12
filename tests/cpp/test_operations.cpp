// Ensuring, deleting, listing and finding the site.
#include "fixture.hpp"

#include <algorithm>

using namespace std::chrono_literals;

static void a_record_is_ensured_and_deleted() {
    emulator().reset();
    esa::Config config = new_config();
    config.max_attempts = 2;
    config.max_concurrent_writes = ESA_UNLIMITED;
    const esa::Client client(config);
    auto request = new_request("ensured.example.com");
    const auto created = client.ensure_routine_related_record(request).value();
    request.site_id = 0;
    const auto existing = client.ensure_routine_related_record(request, {nullptr, 60s, 1});
    CHECK_INTEGER(created.origin, ESA_ORIGIN_CREATED);
    CHECK(existing && existing->origin == ESA_ORIGIN_EXISTING && existing->record_id == created.record_id);
    CHECK_INTEGER(existing->site_id, emulator().site_id());

    const esa::DeleteRoutineRelatedRecordRequest by_name{emulator().site_id(), request.name, request.record_name};
    const auto deleted = client.delete_routine_related_record(by_name).value();
    CHECK(deleted.deleted && deleted.attempts == 1 && !deleted.request_id.empty());
    const auto again = client.delete_routine_related_record(by_name);
    CHECK(again && !again->deleted);
    auto by_id = by_name;
    by_id.record_id = created.record_id;
    CHECK(!client.delete_routine_related_record(by_id).value().deleted);
}

static void a_name_s_site_is_found() {
    const esa::Client client(new_config());
    const auto site = client.get_match_site({"deep.below.example.com"});
    CHECK_INTEGER(site->site_id, emulator().site_id());
    CHECK_TEXT(site->site_name.c_str(), emulator().site_name().c_str());
    const auto none = client.get_match_site({"a.example.net"});
    CHECK(!none);
    CHECK_INTEGER(none.error().service_code(), ESA_CODE_SITE_NOT_FOUND);
}

static void all_records_are_listed_page_by_page() {
    emulator().reset();
    const esa::Client client(new_config());
    for (int i = 0; i < 45; i++) {
        CHECK(client.create_routine_related_record(new_request("r" + std::to_string(i) + ".example.com")));
    }
    esa::ListRoutineRelatedRecordsRequest request;
    request.name = emulator().routine();
    const auto page = client.list_routine_related_records(request).value();
    CHECK(page.records.size() == 20 && page.total_count == 45 && page.has_more && !page.request_id.empty());
    request.page_number = 3;
    const auto last = client.list_routine_related_records(request);
    CHECK(last && last->records.size() == 5 && !last->has_more);

    const int before = requests_seen();
    request.page_number = 0;
    std::vector<std::string> names;
    for (const auto &record : client.all_routine_related_records(request).value()) {
        CHECK(record.record_id >= 1 && record.site_id == emulator().site_id());
        names.push_back(record.record_name);
    }
    CHECK_INTEGER(requests_seen() - before, 3);
    CHECK_INTEGER(static_cast<std::int64_t>(names.size()), 45);
    for (int i = 0; i < 45; i++) {
        const auto name = "r" + std::to_string(i) + ".example.com";
        CHECK_INTEGER(std::count(names.begin(), names.end(), name), 1);
    }

    request.page_number = 2;
    CHECK_INTEGER(static_cast<std::int64_t>(client.all_routine_related_records(request).value().size()), 25);
    request.page_number = 0;
    request.search_key_word = "no-such-record";
    CHECK(client.all_routine_related_records(request).value().empty());
}

static void a_page_that_cannot_be_read_fails_all_of_them() {
    emulator().reset();
    const esa::Client client(new_config());
    for (int i = 0; i < 21; i++) {
        CHECK(client.create_routine_related_record(new_request("r" + std::to_string(i) + ".example.com")));
    }
    const auto none = client.all_routine_related_records({"no-such-routine"});
    CHECK_INTEGER(none.error().status(), ESA_ERR_NOT_FOUND);
    emulator().post("faults", R"({"action": "ListRoutineRelatedRecords", "nth": 2, "reply": {"status": 403, "body":
        "{\"Code\":\"NoPermission\",\"Message\":\"No.\",\"RequestId\":\"R-1\"}"}})");
    const auto second = client.all_routine_related_records({emulator().routine()});
    CHECK_INTEGER(second.error().status(), ESA_ERR_FORBIDDEN);
}

static void bad_texts_are_named() {
    using namespace std::string_literals;
    const esa::Client client(new_config());
    esa::ListRoutineRelatedRecordsRequest request;
    request.name = "r";
    request.search_key_word = "a\0b"s;
    CHECK_TEXT(client.list_routine_related_records(request).error().message().c_str(), "search_key_word is not UTF-8");
    CHECK_TEXT(client.get_match_site({"\0"s}).error().message().c_str(), "record_name is not UTF-8");
}

int main() {
    RUN_CATCHING(a_record_is_ensured_and_deleted);
    RUN_CATCHING(a_name_s_site_is_found);
    RUN_CATCHING(all_records_are_listed_page_by_page);
    RUN_CATCHING(a_page_that_cannot_be_read_fails_all_of_them);
    RUN_CATCHING(bad_texts_are_named);
    return check_failed_tests != 0;
}
