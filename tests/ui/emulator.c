/* emulator.c - see emulator.h. Control sequences pass through here on their way to libvterm 0.1.4, which knows no dim
 * characters: SGR 2 goes in as 9 (struck out, which nothing of ours uses), and comes out as dim. REP, after which it
 * takes the last column for written one too early, goes in as the characters that it stands for. */
#include "emulator.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

enum { SEQUENCE_MOST = 256, LOOKS_MOST = 52, LOOK_SIZE = 80, NOTE_SIZE = 128 };

struct Emulator {
    VTerm *vt;
    VTermScreen *screen;
    int width, height;
    char sequence[SEQUENCE_MOST]; /* ESC [ ... that has not ended */
    size_t used;
    char last[4]; /* the character that was written last */
    size_t last_size;
    bool utf8;
    bool hidden, second, had_second, mouse, reverse;
    bool pasting; /* libvterm said ESC [ 200 ~ when asked to paste */
    char unknown[NOTE_SIZE], modes[NOTE_SIZE];
};

/* ---- what libvterm tells ---- */

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    Emulator *e = user;
    if (property == VTERM_PROP_CURSORVISIBLE) e->hidden = !value->boolean;
    if (property == VTERM_PROP_ALTSCREEN) e->second = value->boolean;
    if (property == VTERM_PROP_MOUSE) e->mouse = value->number != VTERM_PROP_MOUSE_NONE;
    if (property == VTERM_PROP_REVERSE) e->reverse = value->boolean;
    e->had_second |= e->second;
    return 1;
}

static void on_output(const char *bytes, size_t size, void *user)
{
    Emulator *e = user;
    e->pasting |= memmem(bytes, size, "\x1b[200~", 6) != NULL;
}

static int on_unknown(const char *leader, const long args[], int count, const char *between, char command, void *user)
{
    Emulator *e = user;
    bool harmless = command == 't' || command == 'c'; /* xterm keeps its title, a Linux console its cursor's form */
    if (harmless || *e->unknown) return 1;
    snprintf(e->unknown, sizeof e->unknown, "CSI %s%ld (%d)%s%c", leader ? leader : "", count ? CSI_ARG(args[0]) : 0,
             count, between ? between : "", command);
    return 1;
}

/* ---- life ---- */

static bool open_terminal(Emulator *e, int width, int height)
{
    static const VTermScreenCallbacks told = {.settermprop = on_property};
    static const VTermParserCallbacks unknown = {.csi = on_unknown};
    VTerm *vt = vterm_new(height, width);
    if (!vt) return false;
    e->vt = vt;
    e->width = width;
    e->height = height;
    vterm_set_utf8(vt, e->utf8);
    vterm_output_set_callback(vt, on_output, e);
    e->screen = vterm_obtain_screen(vt);
    vterm_screen_enable_altscreen(e->screen, 1);
    vterm_screen_set_callbacks(e->screen, &told, e);
    vterm_screen_set_unrecognised_fallbacks(e->screen, &unknown, e);
    vterm_screen_reset(e->screen, 1);
    return true;
}

Emulator *emulator_open(int width, int height, bool utf8)
{
    Emulator *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    e->utf8 = utf8;
    if (!open_terminal(e, width, height)) return free(e), NULL;
    return e;
}

void emulator_close(Emulator *e)
{
    if (e) vterm_free(e->vt);
    free(e);
}

/* A terminal of the new size in the same modes: one that libvterm resizes can lose what is written into its last cell.
 * All of it is drawn anew after a resize. */
void emulator_resize(Emulator *e, int width, int height)
{
    VTerm *before = e->vt;
    bool second = e->second, mouse = e->mouse, hidden = e->hidden;
    if (!open_terminal(e, width, height)) return;
    vterm_free(before);
    if (second) emulator_feed(e, "\x1b[?1049h", 8);
    if (mouse) emulator_feed(e, "\x1b[?1002h\x1b[?1006h\x1b[?2004h", 24);
    if (hidden) emulator_feed(e, "\x1b[?25l", 6);
}

/* ---- bytes in ---- */

/* One number of an SGR as it goes in. *color: numbers still to come that belong to a colour (38;5;2 is green). */
static const char *rename_number(const char *number, int *color, bool *kind)
{
    int n = atoi(number);
    if (*color > 0) return (*color)--, number;
    if (*kind) *color = n == 5 ? 1 : 3; /* an index, or red, green and blue */
    bool own = !*kind;
    *kind = own && (n == 38 || n == 48) && !strchr(number, ':');
    return own && n == 2 ? "9" : own && n == 22 ? "22;29" : number; /* 22: neither bold nor dim */
}

static void write_attributes(Emulator *e)
{
    char text[4 * SEQUENCE_MOST];
    size_t used = (size_t)sprintf(text, "\x1b[");
    int color = 0;
    bool kind = false;
    e->sequence[e->used - 1] = 0;
    for (char *next = e->sequence + 2, *number; (number = strsep(&next, ";"));)
        used += (size_t)sprintf(text + used, "%s%s", rename_number(number, &color, &kind), next ? ";" : "m");
    vterm_input_write(e->vt, text, used);
}

static void repeat(Emulator *e)
{
    for (int i = atoi(e->sequence + 2); i > 0; i--) vterm_input_write(e->vt, e->last, e->last_size);
}

static void end_sequence(Emulator *e)
{
    char kind = e->sequence[1] == '[' ? e->sequence[e->used - 1] : 0;
    e->sequence[e->used] = 0;
    if (kind == 'b')
        repeat(e);
    else if (kind == 'm' && !strchr("<=>?", e->sequence[2]))
        write_attributes(e);
    else
        vterm_input_write(e->vt, e->sequence, e->used);
    e->used = 0;
}

static void feed_text(Emulator *e, char byte)
{
    bool more = (byte & 0xC0) == 0x80 && e->last_size < sizeof e->last; /* of a character of several bytes */
    vterm_input_write(e->vt, &byte, 1);
    if ((unsigned char)byte < ' ') return;
    if (!more) e->last_size = 0;
    e->last[e->last_size++] = byte;
}

static void feed_byte(Emulator *e, char byte)
{
    bool inside = e->used >= 2;
    if (e->used == 0 && byte != '\x1b') {
        feed_text(e, byte);
        return;
    }
    e->sequence[e->used++] = byte;
    if (inside ? byte >= '@' : e->used == 2 && byte != '[') end_sequence(e);
    if (e->used == SEQUENCE_MOST - 1) end_sequence(e);
}

void emulator_feed(Emulator *e, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) feed_byte(e, bytes[i]);
}

void emulator_spoil(Emulator *e)
{
    static const char fill_with_e[] = "\x1b#8"; /* DECALN */
    vterm_input_write(e->vt, fill_with_e, sizeof fill_with_e - 1);
}

/* ---- the screen as text ---- */

/* " 208", " #ff8700", or "" for the terminal's own. */
static void color_name(char *dst, size_t size, const char *before, const VTermColor *color, bool usual)
{
    *dst = 0;
    if (usual) return;
    if (VTERM_COLOR_IS_INDEXED(color))
        snprintf(dst, size, "%s %d", before, color->indexed.idx);
    else
        snprintf(dst, size, "%s #%02x%02x%02x", before, color->rgb.red, color->rgb.green, color->rgb.blue);
}

/* Colour and attributes of a cell as they are written: " 208 on 0 bold"; "" is the usual text. */
static void look_of(char *dst, size_t size, const VTermScreenCell *cell)
{
    char fg[16], bg[16];
    color_name(fg, sizeof fg, "", &cell->fg, VTERM_COLOR_IS_DEFAULT_FG(&cell->fg));
    color_name(bg, sizeof bg, " on", &cell->bg, VTERM_COLOR_IS_DEFAULT_BG(&cell->bg));
    snprintf(dst, size, "%s%s%s%s%s%s%s%s", fg, bg, cell->attrs.bold ? " bold" : "", cell->attrs.strike ? " dim" : "",
             cell->attrs.reverse ? " reverse" : "", cell->attrs.underline ? " underline" : "",
             cell->attrs.italic ? " italic" : "", cell->attrs.blink ? " blink" : "");
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

typedef struct {
    char name[LOOKS_MOST][LOOK_SIZE];
    int count;
} Looks;

static char letter_of(Looks *looks, const VTermScreenCell *cell)
{
    char name[LOOK_SIZE];
    int i = 0;
    look_of(name, sizeof name, cell);
    if (!*name) return ' ';
    while (i < looks->count && strcmp(looks->name[i], name) != 0) i++;
    if (i == LOOKS_MOST) return '?';
    if (i == looks->count) strcpy(looks->name[looks->count++], name);
    return letters[i];
}

static int put_utf8(char *dst, uint32_t code)
{
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (length == 1) return *dst = (char)code, 1;
    for (int i = length - 1; i > 0; i--, code >>= 6) dst[i] = (char)(0x80 | (code & 0x3F));
    dst[0] = (char)(lead[length] | code);
    return length;
}

static char *end_row(char *row, char *at)
{
    while (at > row && at[-1] == ' ') at--;
    *at++ = '\n';
    return at;
}

static VTermScreenCell cell_at(const Emulator *e, int x, int y)
{
    VTermScreenCell cell = {0};
    vterm_screen_get_cell(e->screen, (VTermPos){.row = y, .col = x}, &cell);
    return cell;
}

static char *put_texts(const Emulator *e, char *at)
{
    for (int y = 0; y < e->height; y++) {
        char *row = at;
        for (int x = 0; x < e->width; x++) {
            VTermScreenCell cell = cell_at(e, x, y);
            if (cell.chars[0] == (uint32_t)-1) continue; /* the right half of a wide character */
            at += put_utf8(at, cell.chars[0] ? cell.chars[0] : ' ');
        }
        at = end_row(row, at);
    }
    return at;
}

static char *put_looks(const Emulator *e, char *at)
{
    Looks looks = {.count = 0};
    at += sprintf(at, "--- colours\n");
    for (int y = 0; y < e->height; y++) {
        char *row = at;
        for (int x = 0; x < e->width; x++) {
            VTermScreenCell cell = cell_at(e, x, y);
            *at++ = letter_of(&looks, &cell);
        }
        at = end_row(row, at);
    }
    at += sprintf(at, "--- letters\n");
    for (int i = 0; i < looks.count; i++) at += sprintf(at, "%c%s\n", letters[i], looks.name[i]);
    return at;
}

char *emulator_screen(const Emulator *e)
{
    char *text = malloc((size_t)(e->height * (5 * e->width + 2)) + 100 * LOOKS_MOST), *end = text;
    if (!text) return NULL;
    end += sprintf(end, "--- %dx%d, %s\n", e->width, e->height, e->hidden ? "no cursor" : "a cursor");
    end = put_looks(e, put_texts(e, end));
    *end = 0;
    return text;
}

/* ---- modes ---- */

/* A character typed now: is it as it was at first, plain and of the usual character set? */
static bool plain_pen(Emulator *e)
{
    VTermScreenCell cell;
    char look[LOOK_SIZE];
    vterm_input_write(e->vt, "\rq", 2);
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(e->vt), &at);
    cell = cell_at(e, 0, at.row);
    look_of(look, sizeof look, &cell);
    vterm_input_write(e->vt, "\r \r", 3);
    return cell.chars[0] == 'q' && !*look;
}

const char *emulator_modes(Emulator *e)
{
    e->pasting = false;
    vterm_keyboard_start_paste(e->vt);
    snprintf(e->modes, sizeof e->modes, "%s%s%s%s%s%s", e->hidden ? " no cursor" : "",
             e->second ? " second screen" : "", e->mouse ? " mouse" : "", e->reverse ? " reverse video" : "",
             e->pasting ? " bracketed paste" : "", plain_pen(e) ? "" : " attributes or character set");
    return e->modes;
}

bool emulator_had_second(const Emulator *e)
{
    return e->had_second;
}

const char *emulator_unknown(const Emulator *e)
{
    return e->unknown;
}
