/* Uploads a routine's code with the form of GetRoutineStagingCodeUploadInfo, to the emulator instead of OSS. */
#ifndef CODE_UPLOAD_H
#define CODE_UPLOAD_H

#include "esa_emulator.h"

/* The next text of a flat JSON object without escapes, which ends `*json`; "" after the last one. */
static inline const char *next_text(char **json) {
    char *begin = strchr(*json, '"');
    char *end = begin ? strchr(begin + 1, '"') : NULL;
    if (!end) {
        return "";
    }
    *end = '\0';
    *json = end + 1;
    return begin + 1;
}

/* Whether OSS takes the code; `info` is the reply to GetRoutineStagingCodeUploadInfo. */
static inline int upload_code(const esa_emulator *emulator, const char *info, const char *code) {
    static const char OPEN[] = "\"OssPostConfig\":{";
    static const char BOUNDARY[] = "0d5b6f2c41";
    char fields[4096] = "", form[8192], path[256] = "", head[512], reply[256] = "";
    const char *config = strstr(info, OPEN);
    if (!config || strcspn(config, "}") >= sizeof fields) {
        return 0;
    }
    memcpy(fields, config + sizeof OPEN - 1, strcspn(config, "}") - (sizeof OPEN - 1));
    size_t length = 0;
    char *rest = fields;
    for (const char *name; *(name = next_text(&rest)) && length < sizeof form;) {
        const char *value = next_text(&rest);
        if (strcmp(name, "Url") == 0) {
            const char *host = strstr(value, "://");
            snprintf(path, sizeof path, "%s", host && strchr(host + 3, '/') ? strchr(host + 3, '/') : "/");
            continue;
        }
        const char *sent_as = strcmp(name, "XOssSecurityToken") == 0 ? "x-oss-security-token" : name;
        length += (size_t)snprintf(form + length, sizeof form - length,
                                   "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", BOUNDARY,
                                   sent_as, value);
    }
    if (length < sizeof form) {
        length += (size_t)snprintf(
            form + length, sizeof form - length,
            "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"index.js\"\r\n\r\n%s\r\n--%s--\r\n",
            BOUNDARY, code, BOUNDARY);
    }
    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: multipart/form-data; "
             "boundary=%s\r\nContent-Length: %zu\r\n\r\n",
             path, BOUNDARY, length);
    const int connection = length < sizeof form ? esa_emulator_connect(emulator) : -1;
    if (connection < 0) {
        return 0;
    }
    const int answered = send(connection, head, strlen(head), MSG_NOSIGNAL) == (ssize_t)strlen(head) &&
                         send(connection, form, length, MSG_NOSIGNAL) == (ssize_t)length &&
                         recv(connection, reply, sizeof reply - 1, MSG_WAITALL) > 0;
    close(connection);
    return answered && strncmp(reply, "HTTP/1.1 200 ", 13) == 0;
}

#endif
