// Requests, configurations and options own their texts: what they were made of may go. AddressSanitizer, with which
// this is compiled, finds what refers to a string that is gone.
#include "fixture.hpp"

// A string that is too long to be stored inside its object, so a missing copy is found.
static std::string text(std::string_view start) { return std::string(start) + std::string(64, 'x'); }

static void a_request_outlives_the_strings_that_it_was_made_of() {
    emulator().reset();
    const esa::Client client(new_config());
    const std::string label(40, 'a');
    esa::CreateRoutineRelatedRecordRequest create;
    create.site_id = emulator().site_id();
    create.name = emulator().routine();
    create.record_name = label + ".example.com";
    CHECK_INTEGER(client.create_routine_related_record(create).value().origin, ESA_ORIGIN_CREATED);
    CHECK(client.ensure_routine_related_records({{{0, create.name, label + ".example.com"}}}).value()[0]);

    esa::ListRoutineRelatedRecordsRequest list;
    list.name = emulator().routine();
    list.search_key_word = label + "." + emulator().site_name();
    CHECK_INTEGER(static_cast<std::int64_t>(client.list_routine_related_records(list).value().records.size()), 1);

    esa::DeleteRoutineRelatedRecordRequest deletion;
    deletion.site_id = emulator().site_id();
    deletion.name = emulator().routine();
    deletion.record_name = label + ".example.com";
    CHECK(client.delete_routine_related_record(deletion).value().deleted);

    esa::GetMatchSiteRequest match;
    match.record_name = label + ".example.com";
    CHECK_INTEGER(client.get_match_site(match).value().site_id, emulator().site_id());
}

static void an_action_outlives_the_strings_that_it_was_made_of() {
    esa::CallActionRequest request;
    request.action = text("Get");
    request.params = "{\"Name\": \"" + text("params") + "\"}";
    request.query = "{\"Query\": \"" + text("query") + "\"}";
    request.form = "{\"Form\": \"" + text("form") + "\"}";
    request.parameters = {{text("Parameter"), text("value"), ESA_PLACE_QUERY}};
    request.method = std::string("POST");
    request.version = std::string("2024-09-10");
    esa::SignWithOptions options;
    options.credentials = {text("id"), text("secret"), text("token"), {}};
    options.nonce = std::string(64, 'n');
    options.endpoint = "https://" + std::string(40, 'e') + ".example.com";
    options.date = std::chrono::system_clock::now();
    const auto signed_request = esa::sign_with(options, request).value();
    CHECK(signed_request.url.find(text("Parameter") + "=" + text("value")) != std::string::npos);
    CHECK(signed_request.url.find(text("query")) != std::string::npos);
    CHECK(signed_request.body.find(text("form")) != std::string::npos);

    esa::Reply reply;
    reply.action = text("Get");
    reply.http_status = 200;
    reply.headers = {{text("X-"), text("value")}};
    reply.body = "{\"RequestId\": \"" + text("R-") + "\"}";
    CHECK_TEXT(esa::read_reply(reply).value().request_id.c_str(), text("R-").c_str());
}

static void a_configuration_outlives_the_strings_that_it_was_made_of() {
    emulator().reset();
    esa::Config config;
    config.endpoint = emulator().url();
    config.credentials = {emulator().access_key_id(), emulator().access_key_secret()};
    config.user_agent = text("test/");
    const esa::Client client(config);
    CHECK_INTEGER(client.get_match_site({"a.example.com"}).value().site_id, emulator().site_id());
}

static void results_of_temporaries_are_kept() {
    emulator().reset();
    std::size_t failed = 0;
    for (const auto &record : esa::Client(new_config())
                                  .ensure_routine_related_records({{new_request(text("a") + ".example.com")}})
                                  .value()) {
        failed += !record;
        CHECK(!record && !record.error().message().empty());
    }
    CHECK_INTEGER(static_cast<std::int64_t>(failed), 1);
    const std::string source(esa::Client(new_config()).credentials_source());
    CHECK(source.empty());
}

int main() {
    RUN_CATCHING(a_request_outlives_the_strings_that_it_was_made_of);
    RUN_CATCHING(an_action_outlives_the_strings_that_it_was_made_of);
    RUN_CATCHING(a_configuration_outlives_the_strings_that_it_was_made_of);
    RUN_CATCHING(results_of_temporaries_are_kept);
    return check_failed_tests != 0;
}
