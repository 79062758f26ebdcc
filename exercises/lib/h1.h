// SPDX-License-Identifier: MIT
// The first heading of an HTML page. Given: answers call it, nobody writes it.
//
// It knows as much of HTML as that takes: the first <h1 …> up to its </h1>,
// upper or lower case, outside comments. Tags inside the heading are left out,
// blanks and newlines in a row become one blank, those at the ends go.
#pragma once

#include <stddef.h>

// The text of the first <h1> in the LEN bytes at HTML, which need not end with
// a NUL and may hold some. A string that the caller frees. NULL with errno 0 if
// there is no whole <h1>, NULL with errno ENOMEM if memory is short.
// HTML may be NULL if LEN is 0.
char *h1_text(const char *html, size_t len);
