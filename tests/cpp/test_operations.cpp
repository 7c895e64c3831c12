// Ensuring, deleting, listing and finding the site, in every form.
#include "fixture.hpp"

#include <algorithm>

using namespace std::chrono_literals;

static void a_record_is_ensured_and_deleted() {
    emulator().reset();
    const esa::Client client(std::move(new_config().set_max_attempts(2).set_max_concurrent_writes(ESA_UNLIMITED)));
    auto request = new_request("ensured.example.com");
    const auto created = client.ensure_routine_related_record(request);
    request.site_id = 0;
    const auto existing = client.try_ensure_routine_related_record(request, {nullptr, 60s, 1});
    CHECK_INTEGER(created.origin, ESA_ORIGIN_CREATED);
    CHECK(existing && existing->origin == ESA_ORIGIN_EXISTING && existing->record_id == created.record_id);
    CHECK_INTEGER(existing->site_id, emulator().site_id());

    const esa::DeleteRoutineRelatedRecordRequest by_name{emulator().site_id(), request.name, request.record_name};
    const auto deleted = client.delete_routine_related_record(by_name);
    CHECK(deleted.deleted && deleted.attempts == 1 && !deleted.request_id.empty());
    const auto again = client.try_delete_routine_related_record(by_name);
    CHECK(again && !again->deleted);
    auto by_id = by_name;
    by_id.record_id = created.record_id;
    CHECK(!client.delete_routine_related_record(by_id).deleted);
}

static void a_name_s_site_is_found() {
    const esa::Client client(new_config());
    const auto site = client.get_match_site({"deep.below.example.com"});
    CHECK_INTEGER(site.site_id, emulator().site_id());
    CHECK_TEXT(site.site_name.c_str(), emulator().site_name().c_str());
    const auto none = client.try_get_match_site({"a.example.net"});
    CHECK(!none);
    CHECK_INTEGER(none.error().service_code(), ESA_CODE_SITE_NOT_FOUND);
}

static void all_records_are_listed_page_by_page() {
    emulator().reset();
    const esa::Client client(new_config());
    const std::string routine = emulator().routine();
    for (int i = 0; i < 45; i++) {
        client.create_routine_related_record(new_request("r" + std::to_string(i) + ".example.com"));
    }
    esa::ListRoutineRelatedRecordsRequest request;
    request.name = routine;
    const auto page = client.list_routine_related_records(request);
    CHECK(page.records.size() == 20 && page.total_count == 45 && page.has_more && !page.request_id.empty());
    request.page_number = 3;
    const auto last = client.try_list_routine_related_records(request);
    CHECK(last && last->records.size() == 5 && !last->has_more);

    const int before = requests_seen();
    request.page_number = 0;
    std::vector<std::string> names;
    for (const auto &record : client.all_routine_related_records(request)) {
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
    auto rest = client.all_routine_related_records(request);
    CHECK_INTEGER(std::distance(rest.begin(), rest.end()), 25);
    request.page_number = 0;
    request.search_key_word = "no-such-record";
    auto nothing = client.all_routine_related_records(request);
    CHECK(nothing.begin() == nothing.end());
}

static void what_reads_a_page_throws() {
    emulator().reset();
    const esa::Client client(new_config());
    auto records = client.all_routine_related_records({"no-such-routine"});
    bool caught = false;
    try {
        records.begin();
    } catch (const esa::Error &error) {
        caught = error.status() == ESA_ERR_NOT_FOUND;
    }
    CHECK(caught);
}

static void bad_texts_are_named() {
    using namespace std::string_view_literals;
    const esa::Client client(new_config());
    esa::ListRoutineRelatedRecordsRequest request;
    request.name = "r";
    request.search_key_word = "a\0b"sv;
    CHECK_TEXT(client.try_list_routine_related_records(request).error().message().c_str(),
               "search_key_word has a NUL character");
    CHECK_TEXT(client.try_get_match_site({"\0"sv}).error().message().c_str(), "record_name has a NUL character");
}

#if defined(__cpp_lib_jthread)
static void every_operation_takes_a_stop_token() {
    emulator().reset();
    const esa::Client client(new_config());
    std::stop_source source;
    source.request_stop();
    const auto stop = source.get_token();
    const std::string routine = emulator().routine();
    const auto is_stopped = [](const auto &result) { return !result && result.error().status() == ESA_ERR_CANCELLED; };
    CHECK(is_stopped(client.try_ensure_routine_related_record(new_request("a.example.com"), stop)));
    CHECK(is_stopped(client.try_delete_routine_related_record({emulator().site_id(), routine, "a.example.com"}, stop)));
    CHECK(is_stopped(client.try_list_routine_related_records({routine}, stop, 1s)));
    CHECK(is_stopped(client.try_get_match_site({"a.example.com"}, stop)));
    CHECK_INTEGER(client.get_match_site({"a.example.com"}, std::stop_token()).site_id, emulator().site_id());
}
#endif

int main() {
    RUN_CATCHING(a_record_is_ensured_and_deleted);
    RUN_CATCHING(a_name_s_site_is_found);
    RUN_CATCHING(all_records_are_listed_page_by_page);
    RUN_CATCHING(what_reads_a_page_throws);
    RUN_CATCHING(bad_texts_are_named);
#if defined(__cpp_lib_jthread)
    RUN_CATCHING(every_operation_takes_a_stop_token);
#endif
    return check_failed_tests != 0;
}
