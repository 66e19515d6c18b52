/* screen.c - the whole screen: panes in their frames, the status line. Main thread.
 *
 * A frame has its title in its upper border and a border on its left; the borders of its neighbours, the edge of the
 * screen and the status line, which is a border too, close it. A small screen has titles only. */
#include "ui/layout.h"

#include "base/text.h"
#include "plot/plottext.h"

#include <string.h>

enum { TITLE_SIZE = 128, WAY_BACK_LEAST = 60 };

typedef struct {
    Canvas *canvas;
    const Placed *placed;
    const Glyphs *glyphs;
    bool sides; /* borders at the left and right of panes */
} Screen;

static bool shown(Rect r)
{
    return r.width > 0 && r.height > 0;
}

/* ---- borders ---- */

/* True when a border runs through the cell. */
static bool is_border(const Screen *s, int x, int y)
{
    if (x < 0 || y < 0 || x >= s->canvas->width) return false;
    if (shown(s->placed->status) && y == s->placed->status.y) return true;
    for (int i = 0; i < LAYOUT_PANES; i++) {
        Rect r = s->placed->frame[i];
        if (!shown(r) || x < r.x || x >= r.x + r.width || y < r.y || y >= r.y + r.height) continue;
        return (layout_titled(r) && y == r.y) || (s->sides && (x == r.x || x == s->canvas->width - 1));
    }
    return false;
}

static void draw_borders(const Screen *s)
{
    for (int y = 0; y < s->placed->prompt.y; y++)
        for (int x = 0; x < s->canvas->width; x++) {
            if (!is_border(s, x, y)) continue;
            int arms = is_border(s, x, y - 1) | is_border(s, x + 1, y) << 1 | is_border(s, x, y + 1) << 2 |
                       is_border(s, x - 1, y) << 3;
            if (!s->sides) arms = 2 | 8;
            canvas_put(s->canvas, x, y, s->glyphs->box[arms], INK_FRAME);
        }
}

/* A text in row y before column `end`: without its last parts, which `between` separates, where it is too long, and
 * then as much as fits. A blank on either side where there are borders. */
static void border_text(const Screen *s, int x, int y, int end, char *text, const char *between, int ink)
{
    int room = end - x - 2 * s->sides, length;
    for (char *cut = text; text_width(text) > room && cut;) {
        char *last = NULL;
        for (cut = text; (cut = strstr(cut, between)); cut++) last = cut;
        cut = last;
        if (cut) *cut = 0;
    }
    if (room < 1) return;
    if (s->sides) canvas_put(s->canvas, x++, y, ' ', ink);
    for (const char *c = text; *c; c += length) {
        char one[5] = {0};
        text_decode(c, &length);
        memcpy(one, c, (size_t)length);
        room -= text_width(one);
        if (room < 0) break;
        x = canvas_text(s->canvas, x, y, one, ink);
    }
    if (s->sides) canvas_put(s->canvas, x, y, ' ', ink);
}

/* The title, and the focused pane's border in heavy lines. */
static void draw_title(const Screen *s, Rect r, const Pane *pane, const View *view, bool focused)
{
    char text[TITLE_SIZE];
    int left = r.x + s->sides, right = r.x + r.width - (s->sides && r.x + r.width == s->canvas->width);
    if (focused) {
        for (int x = left; x < right; x++) canvas_put(s->canvas, x, r.y, s->glyphs->heavy, INK_FOCUS);
        int end = r.y + r.height < s->canvas->height ? r.y + r.height : s->canvas->height;
        for (int y = r.y; s->sides && r.x < s->canvas->width && y < end; y++)
            s->canvas->cell[(ptrdiff_t)y * s->canvas->width + r.x].ink = INK_FOCUS;
    }
    pane_title(text, sizeof text, pane, view);
    border_text(s, left + s->sides, r.y, right, text, " - ", focused ? INK_FOCUS : INK_TITLE);
}

/* How to leave a zoomed pane, at the right of its title. */
static void draw_way_back(const Screen *s, Rect r, const View *view)
{
    char text[] = "Esc: all panes";
    int x = r.x + r.width - (int)sizeof text - 3;
    if (view->zoomed && s->sides && r.width >= WAY_BACK_LEAST)
        border_text(s, x, r.y, r.x + r.width, text, " - ", INK_TITLE);
}

/* ---- parts ---- */

/* Without memory for it a pane stays blank. */
static void draw_pane(const Screen *s, Rect r, const Pane *pane, const View *view)
{
    Canvas canvas;
    Rect in = layout_inside(s->canvas->width, r);
    if (!shown(in) || canvas_open(&canvas, in.width, in.height, NULL) != OK) return;
    pane_draw(&canvas, pane, view);
    canvas_blit(s->canvas, in.x, in.y, &canvas);
    canvas_close(&canvas);
}

static void draw_status(const Screen *s, const View *view)
{
    char text[4 * TITLE_SIZE];
    Rect r = s->placed->status;
    if (!shown(r)) return;
    view_status(text, sizeof text, view);
    border_text(s, s->sides ? 2 : 0, r.y, r.width - s->sides, text, "  ", INK_STATUS);
}

void screen_draw(Canvas *screen, const Layout *layout, const Placed *placed, const View *view, int focus)
{
    Screen s = {screen, placed, view->glyphs, layout_sides(screen->width)};
    for (int i = 0; i < screen->width * screen->height; i++) screen->cell[i] = (Cell){.code = ' '};
    draw_borders(&s);
    for (int i = 0; i < LAYOUT_PANES; i++) {
        const Pane *pane = layout->pane[i] ? pane_find(layout->pane[i]) : NULL;
        if (!pane || !shown(placed->frame[i])) continue;
        draw_pane(&s, placed->frame[i], pane, view);
        if (!layout_titled(placed->frame[i])) continue;
        draw_title(&s, placed->frame[i], pane, view, i == focus);
        draw_way_back(&s, placed->frame[i], view);
    }
    draw_status(&s, view);
}
