// SPDX-License-Identifier: MIT
// Redirected: libcurl's makers (they can fail) and its driving calls (they are
// counted). Linked only into programs that use libcurl. See redirect.h.
#include "harness/redirect.h"

#include <curl/curl.h>

CURL *lk_curl_easy_init(void) {
    return redirect_fails(WB_CURL_INIT, CALLER) ? NULL : curl_easy_init();
}

CURLM *lk_curl_multi_init(void) {
    return redirect_fails(WB_CURL_MULTI_INIT, CALLER) ? NULL
                                                      : curl_multi_init();
}

CURLMcode lk_curl_multi_perform(CURLM *multi, int *running) {
    (void)redirect_fails(WB_CURL_PERFORM, CALLER);
    return curl_multi_perform(multi, running);
}

CURLMcode lk_curl_multi_socket_action(CURLM *multi, curl_socket_t socket,
                                      int events, int *running) {
    (void)redirect_fails(WB_CURL_PERFORM, CALLER);
    return curl_multi_socket_action(multi, socket, events, running);
}

#define POLLING(call)                                                          \
    (void)redirect_fails(WB_POLL, CALLER);                                     \
    struct slot *self = redirect_wait(WAIT_POLL, (uintptr_t)multi, CALLER);    \
    CURLMcode code = (call);                                                   \
    redirect_resume(self);                                                     \
    return code

CURLMcode lk_curl_multi_wait(CURLM *multi, struct curl_waitfd *extra,
                             unsigned count, int timeout, int *ready) {
    POLLING(curl_multi_wait(multi, extra, count, timeout, ready));
}

CURLMcode lk_curl_multi_poll(CURLM *multi, struct curl_waitfd *extra,
                             unsigned count, int timeout, int *ready) {
    POLLING(curl_multi_poll(multi, extra, count, timeout, ready));
}
