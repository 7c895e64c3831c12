#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_error *error = NULL;
    esa_signed_request *signed_request = NULL;
    esa_sign_with_options options = ESA_SIGN_WITH_OPTIONS_INIT;
    options.access_key_id = "YourAccessKeyId";
    options.access_key_secret = "YourAccessKeySecret";
    options.nonce = "3156853299f313e23d1673dc12e1703d";
    options.date = 1698286506;
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "GetSite";
    request.params = "{\"SiteId\": 7}";

    if (esa_sign_with(&options, &request, &signed_request, &error) == ESA_OK) {
        printf("%s %s\n", signed_request->method, signed_request->url);
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_signed_request_free(signed_request);
    esa_error_free(error);
    return failed;
}
