// SPDX-License-Identifier: MIT
#include "report/style.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST 40
#define WIDTH_MOST 100 // longer lines of prose are hard to read

static bool colour_wanted(FILE *stream) {
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0)
        return false;
    return isatty(fileno(stream)) == 1;
}

int style_width(FILE *stream) {
    struct winsize size = {0};
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return CLAMP(size.ws_col, WIDTH_LEAST, WIDTH_MOST);
}

void style_init(struct style *style, FILE *stream, enum style_colour when) {
    style->colour = when == STYLE_COLOUR_ALWAYS ||
                    (when == STYLE_COLOUR_AUTO && colour_wanted(stream));
    style->unicode = g_get_charset(NULL);
    style->width = style_width(stream);
}

void style_plain(struct style *style) {
    style->colour = false;
    style->unicode = true;
    style->width = WIDTH_DEFAULT;
}

// Yellow and cyan vanish on white, blue on black, and "bright" and "faint" are
// what each terminal makes of them: that leaves these.
static const char *const sequences[] = {
    [TONE_PLAIN] = "",          [TONE_STRONG] = "\033[1m",
    [TONE_GOOD] = "\033[32m",   [TONE_BAD] = "\033[31m",
    [TONE_UNSURE] = "\033[35m",
};

void style_append(const struct style *style, GString *out, enum style_tone tone,
                  const char *text) {
    if (!style->colour || tone == TONE_PLAIN || text[0] == '\0') {
        g_string_append(out, text);
        return;
    }
    g_string_append_printf(out, "%s%s\033[0m", sequences[tone], text);
}
