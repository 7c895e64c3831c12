/*
 * call_action: creates a routine, reads it, and deletes it, each by the name of the service's action.
 *
 * Credentials, region and endpoint come from the environment.
 */
#include <esa.h>
#include <stdio.h>
#include <string.h>

enum { DONE = 0, BAD_ARGUMENTS = 2, REFUSED = 3, OUTCOME_UNKNOWN = 4, NOT_SENT = 5 };

static const char USAGE[] = "usage: call_action ROUTINE\n";

static const char HELP[] = "\n"
                           "Creates a routine, prints what the service knows of it, and deletes it.\n"
                           "\n"
                           "  --help  show this\n"
                           "\n"
                           "Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,\n"
                           "ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.\n"
                           "\n"
                           "Exit status: 0 done; 2 invalid argument; 3 the service refused, nothing changed;\n"
                           "4 unknown: read back before you try again; 5 nothing was changed or sent.\n";

/* Says what went wrong, and returns the program's exit status. Releases the error. */
static int report(const char *action, esa_error *error) {
    const int status = error->status == ESA_ERR_INVALID_ARGUMENT ? BAD_ARGUMENTS
                       : error->outcome == ESA_OUTCOME_NOT_SENT  ? NOT_SENT
                       : error->outcome == ESA_OUTCOME_REFUSED   ? REFUSED
                                                                 : OUTCOME_UNKNOWN;
    fprintf(stderr, "error: %s: %s: %s\n", action, *error->code ? error->code : esa_status_name(error->status),
            error->message);
    if (*error->advice) {
        fprintf(stderr, "  advice: %s\n", error->advice);
    }
    esa_error_free(error);
    return status;
}

/* Calls an action with these parameters, and prints its reply. */
static int call(const esa_client *client, const char *action, const esa_parameter *parameters, size_t count) {
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = action;
    request.parameters = parameters;
    request.parameter_count = count;
    esa_call_action_result *result = NULL;
    esa_error *error = NULL;
    if (esa_call_action(client, &request, NULL, &result, &error) != ESA_OK) {
        return report(action, error);
    }
    printf("%s: %s\n", action, result->body);
    esa_call_action_result_free(result);
    return DONE;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("%s%s", USAGE, HELP);
        return DONE;
    }
    if (argc != 2) {
        fputs(USAGE, stderr);
        return BAD_ARGUMENTS;
    }
    esa_client *client = NULL;
    esa_error *error = NULL;
    if (esa_client_new(NULL, &client, &error) != ESA_OK) {
        return report("client", error);
    }
    /* As pairs, so that no name has to be put into JSON; `request.params` takes a JSON object. */
    const esa_parameter routine[] = {{"Name", argv[1], ESA_PLACE_DEFAULT, 0},
                                     {"Description", "made by call_action", ESA_PLACE_DEFAULT, 0}};
    int status = call(client, "CreateRoutine", routine, 2);
    if (status == DONE) {
        status = call(client, "GetRoutine", routine, 1);
        const int deleted = call(client, "DeleteRoutine", routine, 1);
        status = status == DONE ? deleted : status;
    }
    esa_client_free(client);
    return status;
}
