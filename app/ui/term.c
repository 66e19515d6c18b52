/* term.c - the terminal. curses compares and composes a frame into a file in memory, which then goes out in one write;
 * input, termios and signals are not curses' here. Main thread; term_rescue from any signal handler. */
#include "ui/term.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

enum { RESCUE_SIZE = 256, CELLS_MOST = 1000 /* columns, or rows: curses counts them in shorts */ };

/* ---- tables ---- */

#define MOUSE_ON  "\x1b[?1002h\x1b[?1006h" /* presses, drags and the wheel, in SGR form (xterm's ctlseqs.txt) */
#define MOUSE_OFF "\x1b[?1006l\x1b[?1002l"
#define PASTE_ON  "\x1b[?2004h"
#define PASTE_OFF "\x1b[?2004l"

/* TERM begins with `name`; the first that does. A console font has no quadrants, and no braille. */
static const struct {
    const char *name, *on, *off;
    GlyphSet glyphs; /* where the locale is UTF-8 */
} kinds[] = {
    {"xterm", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"screen", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"tmux", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"alacritty", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"foot", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"st-", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"rxvt", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"putty", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BLOCK},
    {"vte", MOUSE_ON PASTE_ON, PASTE_OFF MOUSE_OFF, GLYPHS_BRAILLE},
    {"linux", "", "", GLYPHS_LINES},
    {"vt", "", "", GLYPHS_LINES},
    {"ansi", "", "", GLYPHS_LINES},
    {"", "", "", GLYPHS_BLOCK},
};

/* What GLYPHS_LINES has beyond ASCII, and its letters in a VT100's other character set (terminfo(5), acs_chars). */
static const struct {
    uint32_t code;
    char letter;
} graphics[] = {
    {0x2500, 'q'}, {0x2502, 'x'}, {0x250C, 'l'}, {0x2510, 'k'}, {0x2514, 'm'}, {0x2518, 'j'}, {0x251C, 't'},
    {0x2524, 'u'}, {0x252C, 'w'}, {0x2534, 'v'}, {0x253C, 'n'}, {0x2592, 'a'}, {0x25C6, '`'},
};

enum { GRAPHICS = sizeof graphics / sizeof *graphics };

enum { USUAL = -1 }; /* the terminal's own foreground */

/* Colours of 256, 16 and 8, and attributes with colours and without. Blue and orange part over from under: they differ
 * for every kind of eye. */
static const struct {
    short of256, of16, of8;
    attr_t attributes, mono;
} inks[] = {
    [INK_TEXT] = {USUAL, USUAL, USUAL, A_NORMAL, A_NORMAL},
    [INK_AXIS] = {246, 7, COLOR_WHITE, A_NORMAL, A_NORMAL},
    [INK_DIAGONAL] = {250, 7, COLOR_WHITE, A_NORMAL, A_NORMAL},
    [INK_BAR] = {33, 12, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [INK_OVER] = {208, 11, COLOR_YELLOW, A_NORMAL, A_BOLD},
    [INK_UNDER] = {75, 14, COLOR_CYAN, A_NORMAL, A_BOLD},
    [INK_COUNT] = {109, 6, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [INK_DIM] = {244, 8, COLOR_WHITE, A_DIM, A_DIM},
    [INK_GHOST] = {242, 8, COLOR_WHITE, A_DIM, A_DIM},
    [INK_RULE] = {246, 7, COLOR_WHITE, A_NORMAL, A_NORMAL},
    [INK_BEST] = {220, 11, COLOR_YELLOW, A_BOLD, A_BOLD},
    [INK_MARK] = {USUAL, USUAL, USUAL, A_REVERSE, A_REVERSE},
    [INK_FRAME] = {240, 8, COLOR_WHITE, A_DIM, A_DIM},
    [INK_TITLE] = {USUAL, USUAL, USUAL, A_BOLD, A_BOLD},
    [INK_FOCUS] = {208, 11, COLOR_YELLOW, A_BOLD, A_BOLD},
    [INK_STATUS] = {USUAL, USUAL, USUAL, A_REVERSE, A_REVERSE},
    [INK_HEADER] = {246, 7, COLOR_WHITE, A_UNDERLINE, A_UNDERLINE},
    [INK_CHOSEN] = {USUAL, USUAL, USUAL, A_REVERSE, A_REVERSE},
    [INK_GOOD] = {33, 12, COLOR_CYAN, A_NORMAL, A_BOLD},
    [INK_BAD] = {208, 11, COLOR_YELLOW, A_BOLD, A_REVERSE},
    [INK_SERIES] = {33, 12, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [INK_SERIES + 1] = {208, 11, COLOR_YELLOW, A_NORMAL, A_BOLD},
    [INK_SERIES + 2] = {36, 10, COLOR_GREEN, A_NORMAL, A_NORMAL},
    [INK_SERIES + 3] = {175, 13, COLOR_MAGENTA, A_NORMAL, A_BOLD},
    [INK_SERIES + 4] = {229, 15, COLOR_WHITE, A_NORMAL, A_NORMAL},
    [INK_SERIES + 5] = {74, 14, COLOR_BLUE, A_NORMAL, A_BOLD},
};

enum { INKS = sizeof inks / sizeof *inks, SERIES = INKS - INK_SERIES };

static struct {
    volatile sig_atomic_t taken; /* the terminal is ours, not the shell's */
    int fd, kind, colors;
    bool utf8;
    GlyphSet glyphs;
    SCREEN *screen;
    FILE *frame; /* what curses writes, in memory */
    size_t bytes;
    struct termios before;    /* as it was, and as it shall be again */
    char rescue[RESCUE_SIZE]; /* leaves the alternate screen, mouse and colours */
    size_t rescue_size;
} self = {.fd = -1};

/* ---- bytes out ---- */

static void write_out(const char *bytes, size_t size)
{
    self.bytes += size;
    while (size > 0) {
        ssize_t put = write(self.fd, bytes, size);
        if (put < 0 && errno == EAGAIN) poll(&(struct pollfd){.fd = self.fd, .events = POLLOUT}, 1, -1);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (put < 0) return; /* hung up: SIGHUP tells */
        bytes += put;
        size -= (size_t)put;
    }
}

/* Send what curses has put into the frame, in one write, and empty it. */
static void send_frame(void)
{
    int memory = fileno(self.frame);
    off_t size = lseek(memory, 0, SEEK_CUR);
    if (size <= 0) return;
    char *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, memory, 0);
    if (bytes == MAP_FAILED) return;
    write_out(bytes, (size_t)size);
    munmap(bytes, (size_t)size);
    lseek(memory, 0, SEEK_SET);
}

static int rescue_byte(int byte)
{
    if (self.rescue_size < RESCUE_SIZE) self.rescue[self.rescue_size++] = (char)byte;
    return byte;
}

/* What gives the terminal back without curses: from terminfo, without its padding. */
static void prepare_rescue(int height)
{
    self.rescue_size = 0;
    for (const char *c = kinds[self.kind].off; *c; c++) rescue_byte(*c);
    if (exit_attribute_mode) tputs(exit_attribute_mode, 1, rescue_byte);
    if (cursor_normal) tputs(cursor_normal, 1, rescue_byte);
    if (exit_ca_mode)
        tputs(exit_ca_mode, 1, rescue_byte);
    else
        tputs(tparm(cursor_address, height - 1, 0), 1, rescue_byte);
    rescue_byte('\r');
    if (!exit_ca_mode) rescue_byte('\n');
}

/* ---- taking and giving back ---- */

/* Bytes as they come, none of them a signal, nothing added to what goes out. */
static void take(void)
{
    struct termios raw;
    tcgetattr(self.fd, &self.before);
    raw = self.before;
    cfmakeraw(&raw);
    tcsetattr(self.fd, TCSADRAIN, &raw);
    self.taken = 1;
    write_out(kinds[self.kind].on, strlen(kinds[self.kind].on));
}

static void give_back(void)
{
    if (!self.taken) return;
    endwin();
    send_frame();
    if (!exit_ca_mode) write_out("\r\n", 2); /* the last screen stays; the shell goes on below it */
    write_out(kinds[self.kind].off, strlen(kinds[self.kind].off));
    self.taken = 0;
    tcsetattr(self.fd, TCSADRAIN, &self.before);
}

void term_rescue(void)
{
    if (!self.taken) return;
    self.taken = 0;
    if (write(self.fd, self.rescue, self.rescue_size) >= 0) errno = 0;
    tcsetattr(self.fd, TCSADRAIN, &self.before);
}

/* curses sets handlers of its own where there are none; ours is the only word on signals. */
static SCREEN *new_screen(FILE *frame)
{
    static const int numbers[] = {SIGWINCH, SIGTSTP, SIGINT, SIGTERM};
    enum { COUNT = sizeof numbers / sizeof *numbers };
    struct sigaction before[COUNT];
    for (int i = 0; i < COUNT; i++) sigaction(numbers[i], NULL, &before[i]);
    SCREEN *screen = newterm(NULL, frame, frame);
    for (int i = 0; i < COUNT; i++) sigaction(numbers[i], &before[i], NULL);
    return screen;
}

static short color_of(int ink)
{
    return self.colors >= 256 ? inks[ink].of256 : self.colors >= 16 ? inks[ink].of16 : inks[ink].of8;
}

static void set_colors(void)
{
    const char *no = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    self.colors = 0;
    if ((no && *no) || !has_colors() || start_color() != OK || COLOR_PAIRS <= INKS) return;
    bool direct = COLORS > 256; /* from 8 on its numbers are red, green and blue */
    self.colors = direct ? 8 : COLORS == 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
    bool usual = use_default_colors() == OK;
    for (int i = 0; self.colors && i < INKS; i++) {
        short color = color_of(i);
        init_pair((short)(i + 1), color == USUAL && !usual ? COLOR_WHITE : color, usual ? USUAL : COLOR_BLACK);
    }
}

static int kind_of(const char *name)
{
    int kind = 0;
    while (strncmp(name, kinds[kind].name, strlen(kinds[kind].name)) != 0) kind++;
    return kind;
}

/* True when terminfo has every graphics character, as a byte of ASCII: what a PC's code page had there (ansi, cygwin)
 * is no line on a terminal of today. */
static bool has_graphics(void)
{
    if (!enter_alt_charset_mode || !acs_chars) return false;
    for (int i = 0; i < GRAPHICS; i++) {
        const char *pair = acs_chars;
        while (*pair && *pair != graphics[i].letter) pair += pair[1] ? 2 : 1;
        if (!*pair || pair[1] < ' ' || pair[1] > '~') return false;
    }
    return true;
}

static GlyphSet choose_glyphs(void)
{
    if (self.utf8 && kinds[self.kind].glyphs > GLYPHS_LINES) return kinds[self.kind].glyphs;
    return has_graphics() ? GLYPHS_LINES : GLYPHS_ASCII;
}

static void close_screen(void)
{
    if (self.screen) delscreen(self.screen);
    if (self.frame) fclose(self.frame);
    self.screen = NULL;
    self.frame = NULL;
    self.fd = -1;
}

Status term_open(int fd, Err *err)
{
    const char *name = getenv("TERM");
    int width, height;
    if (!isatty(fd)) return err_set(err, ERR_USAGE, "no terminal; run a script, or a line with -e");
    if (!name || !*name) return err_set(err, ERR_USAGE, "TERM is not set; try TERM=xterm-256color");
    int memory = memfd_create("frame", MFD_CLOEXEC);
    self.fd = fd;
    self.bytes = 0;
    self.kind = kind_of(name);
    self.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    self.frame = memory >= 0 ? fdopen(memory, "w+") : NULL;
    if (!self.frame) {
        err_sys(err, "cannot make the memory for a frame");
        if (memory >= 0) close(memory);
        goto fail;
    }
    self.screen = new_screen(self.frame);
    if (!self.screen) {
        err_set(err, ERR_USAGE, "terminal '%s' is not known here; try TERM=xterm-256color or TERM=vt100", name);
        goto fail;
    }
    if (!cursor_address || !clear_screen) {
        err_set(err, ERR_USAGE, "terminal '%s' cannot move its cursor; run a script, or a line with -e", name);
        goto fail;
    }
    set_colors();
    self.glyphs = choose_glyphs();
    term_size(&width, &height);
    prepare_rescue(height);
    take();
    term_resize(width, height);
    return OK;
fail:
    close_screen();
    return err ? err->code : ERR_USAGE;
}

void term_close(void)
{
    if (!self.screen) return;
    give_back();
    close_screen();
}

void term_suspend(void)
{
    if (self.screen) give_back();
}

void term_resume(void)
{
    int width, height;
    if (!self.screen || self.taken) return;
    take();
    doupdate(); /* curses wakes, and takes the size that terminfo or COLUMNS name */
    term_size(&width, &height);
    term_resize(width, height);
}

/* ---- showing ---- */

void term_size(int *width, int *height)
{
    struct winsize size = {0};
    if (ioctl(self.fd, TIOCGWINSZ, &size) != 0) size.ws_col = 0;
    *width = size.ws_col ? size.ws_col : 80;
    *height = size.ws_row ? size.ws_row : 24;
    if (*width > CELLS_MOST) *width = CELLS_MOST;
    if (*height > CELLS_MOST) *height = CELLS_MOST;
}

void term_resize(int width, int height)
{
    if (!self.screen) return;
    resize_term(height, width);
    prepare_rescue(height);
    term_redraw();
}

void term_redraw(void)
{
    if (self.screen) clearok(curscr, TRUE);
}

/* The letter of a graphics character where the glyphs have them, else 0. */
static char letter_of(uint32_t code)
{
    for (int i = 0; i < GRAPHICS && self.glyphs == GLYPHS_LINES; i++)
        if (graphics[i].code == code) return graphics[i].letter;
    return 0;
}

/* A cell as curses wants it; false where there is nothing to put (the right half of a wide character). */
static bool cell_of(const Cell *cell, int room, cchar_t *dst)
{
    int ink = cell->ink < INKS ? cell->ink : INK_SERIES + (cell->ink - INK_SERIES) % SERIES;
    wchar_t text[2] = {(wchar_t)cell->code, 0};
    if (cell->code == 0) return false;
    int wide = cell->code < 0x80 ? 1 : self.utf8 ? wcwidth(text[0]) : 0;
    if (wide < 1 || cell->code < ' ' || cell->code == 0x7F) text[0] = '?';
    if (wide > room) text[0] = ' ';
    attr_t attributes = self.colors ? inks[ink].attributes : inks[ink].mono;
    if (letter_of(cell->code)) {
        text[0] = (wchar_t)letter_of(cell->code);
        attributes |= A_ALTCHARSET;
    }
    return setcchar(dst, text, attributes, (short)(self.colors ? ink + 1 : 0), NULL) == OK;
}

void term_show(const Canvas *canvas, int x, int y)
{
    cchar_t cell;
    if (!self.screen || !self.taken) return;
    erase();
    int wide = canvas->width < COLS ? canvas->width : COLS, high = canvas->height < LINES ? canvas->height : LINES;
    for (int row = 0; row < high; row++)
        for (int i = 0; i < wide; i++)
            if (cell_of(&canvas->cell[(ptrdiff_t)row * canvas->width + i], wide - i, &cell)) mvadd_wch(row, i, &cell);
    curs_set(x >= 0);
    if (x >= 0) move(y < high ? y : high - 1, x < wide ? x : wide - 1);
    wnoutrefresh(stdscr);
    doupdate();
    send_frame();
}

GlyphSet term_glyphs(void)
{
    return self.glyphs;
}

int term_colors(void)
{
    return self.colors;
}

size_t term_bytes(void)
{
    return self.bytes;
}
