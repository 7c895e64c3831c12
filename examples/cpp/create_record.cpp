// create_record: ties a domain name to a routine, so that requests for it run the routine.
//
// Credentials, region and endpoint come from the environment. Ctrl-C cancels; a second one kills.
#include <esa.hpp>

#include <charconv>
#include <csignal>
#include <iostream>
#include <vector>

namespace {

enum ExitStatus { created = 0, bad_arguments = 2, refused = 3, outcome_unknown = 4, not_sent = 5 };

constexpr std::string_view usage = "usage: create_record [--timeout SECONDS] ROUTINE SITE_ID RECORD_NAME\n";

constexpr std::string_view help = R"(
Creates a record on an ESA site and ties it to a routine.

  --timeout SECONDS  how long the whole call may take (default: 30)
  --help             show this

Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 created; 2 invalid argument; 3 the service refused, nothing changed;
4 unknown: read back whether the record exists before you try again; 5 nothing was sent.
)";

// The whole of `text` as a number of 1 or more, in digits alone.
template <class Number> std::optional<Number> read_number(std::string_view text) {
    Number number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size() || number < 1) {
        return std::nullopt;
    }
    return number;
}

ExitStatus bad_argument(std::string_view name, std::string_view text) {
    std::cerr << "create_record: " << name << ": not a number in range: " << text << '\n' << usage;
    return bad_arguments;
}

ExitStatus exit_status(const esa::Error &error) {
    if (error.status() == ESA_ERR_INVALID_ARGUMENT) {
        return bad_arguments;
    }
    switch (error.outcome()) {
    case ESA_OUTCOME_NOT_SENT:
        return not_sent;
    case ESA_OUTCOME_REFUSED:
        return refused;
    default:
        return outcome_unknown;
    }
}

void report(const esa::Error &error) {
    std::cerr << "error: " << (error.code().empty() ? esa_status_name(error.status()) : error.code()) << ": "
              << error.message() << '\n';
    if (!error.advice().empty()) {
        std::cerr << "  advice: " << error.advice() << '\n';
    }
    if (!error.request_id().empty()) {
        std::cerr << "  request id: " << error.request_id() << '\n';
    }
    std::cerr << "  outcome: "
              << (error.outcome() == ESA_OUTCOME_NOT_SENT  ? "nothing was sent"
                  : error.outcome() == ESA_OUTCOME_REFUSED ? "the service refused"
                                                           : "unknown: the record may exist")
              << '\n';
}

std::optional<esa::Cancel> cancel;

void cancel_on_interrupt() {
    cancel.emplace();
    std::signal(SIGINT, [](int) {
        std::signal(SIGINT, SIG_DFL);
        cancel->trigger();
    });
}

ExitStatus run(std::vector<std::string_view> arguments) {
    esa::CallOptions options;
    while (!arguments.empty() && arguments.front().substr(0, 2) == "--") {
        if (arguments.front() == "--help") {
            std::cout << usage << help;
            return created;
        }
        if (arguments.front() != "--timeout" || arguments.size() < 2) {
            std::cerr << usage;
            return bad_arguments;
        }
        const auto seconds = read_number<std::uint32_t>(arguments[1]);
        if (!seconds) {
            return bad_argument("--timeout", arguments[1]);
        }
        options.timeout = std::chrono::seconds(*seconds);
        arguments.erase(arguments.begin(), arguments.begin() + 2);
    }
    if (arguments.size() != 3) {
        std::cerr << usage;
        return bad_arguments;
    }
    const auto site_id = read_number<std::int64_t>(arguments[1]);
    if (!site_id) {
        return bad_argument("SITE_ID", arguments[1]);
    }

    cancel_on_interrupt();
    options.cancel = &*cancel;
    const esa::Client client;
    esa::CreateRoutineRelatedRecordRequest request;
    request.site_id = *site_id;
    request.name = arguments[0];
    request.record_name = arguments[2];
    const auto record = client.create_routine_related_record(request, options).value();
    std::cout << "created record " << record.record_id << " for " << request.record_name << " (request "
              << record.request_id << ")\n";
    return created;
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const esa::Error &error) {
        report(error);
        return exit_status(error);
    }
}
