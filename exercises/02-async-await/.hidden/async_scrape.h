// SPDX-License-Identifier: MIT
// Fetches many web pages at once, on one thread, and reads the heading of each.
//
//  1. The program has called curl_global_init() before; the functions here
//     call neither that nor curl_global_cleanup().
//  2. scrape_titles() fills one struct page for each URL, out[i] for urls[i].
//  3. The caller reads them, then gives them to pages_free().
//
// h1_text() (lib/h1.h) finds the heading in a page: it is given.
#pragma once

#include <stddef.h>

#include "lib/h1.h"

// What became of one page.
struct page {
    // HTTP status of the last answer, after redirects; 0 if none arrived.
    long status;
    // The text of the first <h1>, or "MISSING" if the page has none. From
    // malloc or its kin, owned by whoever owns the page. NULL if `err` is not 0
    // or `status` is 400 or above.
    char *title;
    // The CURLcode with which the transfer ended: 0 (CURLE_OK) if the whole
    // answer arrived, whatever its status: a 404 is an answer, not an error.
    int err;
};

// Fetches urls[0 .. n-1], by GET, and describes each in out[0 .. n-1], in the
// order of the URLs, whatever they contain on entry. Redirects are followed. A
// page is bytes, of any number, and NUL may be among them.
//
// Transfers run at the same time: as many as there are pages, but never more
// than MAX_IN_FLIGHT (>= 1, up to UINT_MAX) at once: as soon as one of them has
// ended, the next one starts. All of them run on the calling thread: no
// thread or process is created. While all of them wait for the network, the
// thread sleeps.
//
// TIMEOUT_MS (> 0) is what a transfer may take from its start; one that takes
// longer ends with CURLE_OPERATION_TIMEDOUT. (Whether it starts when libcurl is
// given it or when libcurl connects is up to you.) No page's failure keeps
// another page from being fetched.
//
// Returns
//   0        every page has been fetched or has failed, and out[] says which;
//   -ENOMEM  memory or a curl handle could not be had. Nothing stays allocated
//            then, and out[] must not be read.
// A page whose body finds no memory while it arrives may also fail alone, with
// CURLE_WRITE_ERROR or CURLE_OUT_OF_MEMORY. Either way no descriptor stays
// open. n = 0 is fine: nothing is done then.
int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out);

// Frees what p[0 .. n-1], filled by scrape_titles(), own, and sets their titles
// to NULL; the array itself is the caller's. Accepts NULL with n = 0.
void pages_free(struct page *p, size_t n);
