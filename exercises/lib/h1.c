// SPDX-License-Identifier: MIT
#include "lib/h1.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// What is left to read: from `at` up to `end`.
struct span {
    const char *at, *end;
};

static bool begins(struct span html, const char *word) {
    size_t length = strlen(word);
    return (size_t)(html.end - html.at) >= length &&
           strncasecmp(html.at, word, length) == 0;
}

// Begins with the tag WORD ("<h1"), and not with a longer name ("<h10>").
static bool begins_tag(struct span html, const char *word) {
    const char *after = html.at + strlen(word);
    return begins(html, word) && after < html.end &&
           !isalnum((unsigned char)*after);
}

// Moves to the byte behind the next WORD; false if there is none.
static bool skip_past(struct span *html, const char *word) {
    size_t length = strlen(word);
    const char *found =
        html->at == html->end
            ? NULL
            : memmem(html->at, (size_t)(html->end - html->at), word, length);
    if (found == NULL)
        return false;
    html->at = found + length;
    return true;
}

// Moves to the next "<" that opens a tag, past comments; false if none.
static bool find_tag(struct span *html) {
    while (html->at < html->end) {
        html->at = memchr(html->at, '<', (size_t)(html->end - html->at));
        if (html->at == NULL)
            return false;
        if (!begins(*html, "<!--"))
            return true;
        if (!skip_past(html, "-->"))
            return false;
    }
    return false;
}

// Moves into the first heading: behind the ">" of its opening tag.
static bool find_heading(struct span *html) {
    while (find_tag(html)) {
        if (begins_tag(*html, "<h1"))
            return skip_past(html, ">");
        html->at++;
    }
    return false;
}

// Where the heading that HTML is in ends.
static bool find_end(struct span html, const char **end) {
    while (find_tag(&html)) {
        *end = html.at;
        if (begins_tag(html, "</h1"))
            return true;
        html.at++;
    }
    return false;
}

// Copies the text in HTML to TO, tags left out, blanks squeezed.
static void copy_text(struct span html, char *to) {
    bool blank = false;
    char *start = to;
    while (html.at < html.end) {
        if (*html.at == '<') {
            if (!skip_past(&html, begins(html, "<!--") ? "-->" : ">"))
                break;
            continue;
        }
        char c = *html.at++;
        if (isspace((unsigned char)c)) {
            blank = true;
            continue;
        }
        if (blank && to != start)
            *to++ = ' ';
        blank = false;
        *to++ = c;
    }
    *to = '\0';
}

char *h1_text(const char *html, size_t len) {
    struct span all = {html, html == NULL ? NULL : html + len};
    errno = 0;
    if (len == 0 || !find_heading(&all))
        return NULL;
    struct span heading = {all.at, all.at};
    if (!find_end(all, &heading.end))
        return NULL;
    char *text = malloc((size_t)(heading.end - heading.at) + 1);
    if (text != NULL)
        copy_text(heading, text);
    return text;
}
