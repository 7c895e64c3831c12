// call_action: creates a routine, reads it, and deletes it, each by the name of the service's action.
//
// Credentials, region and endpoint come from the environment.
#include <esa.hpp>

#include <iostream>

namespace {

enum ExitStatus { done = 0, bad_arguments = 2, refused = 3, outcome_unknown = 4, not_sent = 5 };

constexpr std::string_view usage = "usage: call_action ROUTINE\n";

constexpr std::string_view help = R"(
Creates a routine, prints what the service knows of it, and deletes it.

  --help  show this

Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 done; 2 invalid argument; 3 the service refused, nothing changed;
4 unknown: read back before you try again; 5 nothing was changed or sent.
)";

// Says what went wrong, and returns the program's exit status.
ExitStatus report(std::string_view what, const esa::Error &error) {
    std::cerr << "error: " << what << ": " << (error.code().empty() ? esa_status_name(error.status()) : error.code())
              << ": " << error.message() << "\n  advice: " << error.advice() << '\n';
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

// Calls an action with these parameters, and prints its reply.
ExitStatus call(const esa::Client &client, const std::string &action, std::vector<esa::Parameter> parameters) {
    esa::CallActionRequest request;
    request.action = action;
    request.parameters = std::move(parameters);
    const auto reply = client.call(request);
    if (!reply) {
        return report(action, reply.error());
    }
    std::cout << action << ": " << reply->body << '\n';
    return done;
}

} // namespace

int main(int argc, char **argv) {
    const std::string routine = argc == 2 ? argv[1] : "";
    if (routine == "--help") {
        std::cout << usage << help;
        return done;
    }
    if (routine.empty()) {
        std::cerr << usage;
        return bad_arguments;
    }
    const auto client = esa::Client::make();
    if (!client) {
        return report("client", client.error());
    }
    // As pairs, so that no name has to be put into JSON; `request.params` takes a JSON object.
    const esa::Parameter name{"Name", routine};
    auto status = call(*client, "CreateRoutine", {name, {"Description", "made by call_action"}});
    if (status == done) {
        status = call(*client, "GetRoutine", {name});
        const auto deleted = call(*client, "DeleteRoutine", {name});
        status = status == done ? deleted : status;
    }
    return status;
}
