/* svg.c - figures as SVG files, see svg.h. Pure functions; any thread. */
#include "plot/svg.h"

#include "base/text.h"
#include "base/version.h"
#include "plot/plottext.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Okabe and Ito, "Color Universal Design", 2008. */
static const char *const blue = "#0072B2", *const orange = "#E69F00", *const purple = "#CC79A7",
                         *const grey = "#666666";
static const char *const palette[] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"};
enum { COLOURS = sizeof palette / sizeof *palette };

enum { FONT = 12, LEFT = 58, RIGHT = 16, TOP = 34, BOTTOM = 44, GAP = 14, TICK = 4, TICKS_MOST = 12 };

/* ---- text ---- */

/* For numbers and names of ours: nothing is escaped. */
static void __attribute__((format(printf, 2, 3))) put(PlotText *t, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    plottext_add(t, text);
}

/* Words of others: escaped, and what XML 1.0 has no place for is '?'. */
static void put_words(PlotText *t, const char *words)
{
    for (const char *at = words; *at;) {
        int length;
        uint32_t code = plottext_decode(at, &length);
        at += length;
        if (code == '&')
            plottext_add(t, "&amp;");
        else if (code == '<')
            plottext_add(t, "&lt;");
        else if (code == '>')
            plottext_add(t, "&gt;");
        else
            plottext_code(t, (code < ' ' && code != '\n' && code != '\t') || code == 0xFFFE || code == 0xFFFF ? '?'
                                                                                                              : code);
    }
}

/* anchor: start, middle or end. */
static void put_label(PlotText *t, double x, double y, const char *anchor, const char *words)
{
    put(t, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    put_words(t, words);
    plottext_add(t, "</text>\n");
}

static void put_line(PlotText *t, double x0, double y0, double x1, double y1, const char *colour, const char *dashes)
{
    put(t, "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke=\"%s\"", x0, y0, x1, y1, colour);
    if (dashes) put(t, " stroke-dasharray=\"%s\"", dashes);
    plottext_add(t, "/>\n");
}

static void put_box(PlotText *t, double x, double y, double width, double height, const char *style)
{
    put(t, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" %s/>\n", x, y, width, height, style);
}

/* ---- the file ---- */

static void begin(PlotText *t, const SvgFigure *f, int width, int height)
{
    put(t,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"%d\">\n<title>",
        width, height, width, height, FONT);
    put_words(t, f->title);
    plottext_add(t, "</title>\n<desc>");
    put_words(t, f->recipe);
    put(t, "</desc>\n<metadata xmlns:tare=\"urn:tare\"><tare:figure><tare:program>tare %s</tare:program><tare:recipe>",
        TARE_VERSION);
    put_words(t, f->recipe);
    plottext_add(t, "</tare:recipe></tare:figure></metadata>\n");
    put_box(t, 0, 0, width, height, "fill=\"white\"");
    plottext_add(t, "<g font-size=\"14\">\n");
    put_label(t, width / 2.0, 20, "middle", f->title);
    plottext_add(t, "</g>\n");
}

static char *end(PlotText *t, Err *err)
{
    plottext_add(t, "</svg>\n");
    return plottext_take(t, err);
}

static int at_least(int value)
{
    return value < SVG_LEAST ? SVG_LEAST : value;
}

/* ---- axes ---- */

typedef struct {
    double left, top, width, height; /* of the plot, in pixels, y down */
    double x0, x1, y0, y1;           /* the data that its edges stand for */
} Plot;

static double across(const Plot *p, double x)
{
    return p->left + p->width * (x - p->x0) / (p->x1 - p->x0);
}

static double down(const Plot *p, double y)
{
    return p->top + p->height * (p->y1 - y) / (p->y1 - p->y0);
}

/* A step of 1, 2 or 5 times a power of ten, for about `wanted` ticks. */
static double tick_step(double lo, double hi, int wanted)
{
    double raw = (hi - lo) / wanted, unit = pow(10, floor(log10(raw))), share = raw / unit;
    return unit * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static void x_ticks(PlotText *t, const Plot *p, bool labels)
{
    double step = tick_step(p->x0, p->x1, 5), from = ceil(p->x0 / step), bottom = p->top + p->height;
    char text[32];
    for (int i = 0; i < TICKS_MOST && (from + i) * step <= p->x1 + step * 1e-9; i++) {
        double x = across(p, (from + i) * step);
        put_line(t, x, bottom, x, bottom + TICK, grey, NULL);
        snprintf(text, sizeof text, "%.6g", (from + i) * step);
        if (labels) put_label(t, x, bottom + TICK + FONT + 2, "middle", text);
    }
}

/* label: what the axis counts, upright beside it. */
static void y_ticks(PlotText *t, const Plot *p, int wanted, const char *label)
{
    double step = tick_step(p->y0, p->y1, wanted), from = ceil(p->y0 / step), middle = p->top + p->height / 2;
    char text[32];
    for (int i = 0; i < TICKS_MOST && (from + i) * step <= p->y1 + step * 1e-9; i++) {
        double y = down(p, (from + i) * step);
        put_line(t, p->left - TICK, y, p->left, y, grey, NULL);
        snprintf(text, sizeof text, "%.6g", (from + i) * step);
        put_label(t, p->left - TICK - 3, y + FONT / 3.0, "end", text);
    }
    put(t, "<g transform=\"rotate(-90 14 %.1f)\">\n", middle);
    put_label(t, 14, middle + FONT / 3.0, "middle", label);
    plottext_add(t, "</g>\n");
}

static void frame(PlotText *t, const Plot *p)
{
    put_box(t, p->left, p->top, p->width, p->height, "fill=\"none\" stroke=\"#666666\"");
}

/* ---- the reliability diagram ---- */

/* A bar to the lower of accuracy and confidence; what lies between the two says which way it errs. */
static void put_bin(PlotText *t, const Plot *p, const Bin *bin)
{
    double accuracy = bin->right / bin->count, confidence = bin->confidence / bin->count;
    double x = across(p, bin->lo), width = across(p, bin->hi) - x, gap = down(p, accuracy) - down(p, confidence);
    char style[96];
    snprintf(style, sizeof style, "fill=\"%s\" stroke=\"white\" stroke-width=\"0.5\"", blue);
    double solid = down(p, fmin(accuracy, confidence));
    put_box(t, x, solid, width, p->top + p->height - solid, style);
    snprintf(style, sizeof style, "fill=\"%s\" fill-opacity=\"0.6\" stroke=\"%s\"", gap > 0 ? orange : purple,
             gap > 0 ? orange : purple);
    put_box(t, x, gap > 0 ? down(p, confidence) : down(p, accuracy), width, fabs(gap), style);
}

static void diagram_legend(PlotText *t, const Plot *p)
{
    const struct {
        const char *colour, *words;
    } row[] = {{blue, "accuracy"}, {orange, "over-confident"}, {purple, "under-confident"}};
    char style[64];
    for (int i = 0; i < 3; i++) {
        double y = p->top + 10 + 17 * i;
        snprintf(style, sizeof style, "fill=\"%s\"%s", row[i].colour, i ? " fill-opacity=\"0.6\"" : "");
        put_box(t, p->left + 10, y, 12, 10, style);
        put_label(t, p->left + 28, y + 9, "start", row[i].words);
    }
}

/* How many samples each bin holds, on an axis of its own. */
static void put_counts(PlotText *t, const Plot *p, const Bin *bin, int count)
{
    for (int i = 0; i < count; i++) {
        double x = across(p, bin[i].lo), y = down(p, bin[i].count);
        if (bin[i].count > 0)
            put_box(t, x, y, across(p, bin[i].hi) - x, p->top + p->height - y,
                    "fill=\"#999999\" stroke=\"white\" stroke-width=\"0.5\"");
    }
    frame(t, p);
    x_ticks(t, p, true);
    y_ticks(t, p, 2, "images");
    put_label(t, p->left + p->width / 2, p->top + p->height + 36, "middle", "confidence");
}

char *svg_diagram(const SvgFigure *figure, const Bin *bin, int count, Err *err)
{
    PlotText t = {0};
    double most = 1;
    int width = at_least(figure->width), height = at_least(figure->height);
    double room = height - TOP - BOTTOM - GAP;
    for (int i = 0; i < count; i++) most = fmax(most, bin[i].count);
    Plot bars = {LEFT, TOP, width - LEFT - RIGHT, 0.8 * room, 0, 1, 0, 1};
    Plot counts = {LEFT, TOP + 0.8 * room + GAP, bars.width, 0.2 * room, 0, 1, 0, most * 1.05};
    begin(&t, figure, width, height);
    for (int i = 0; i < count; i++)
        if (bin[i].count > 0) put_bin(&t, &bars, &bin[i]);
    put_line(&t, across(&bars, 0), down(&bars, 0), across(&bars, 1), down(&bars, 1), grey, "5 4");
    frame(&t, &bars);
    x_ticks(&t, &bars, false);
    y_ticks(&t, &bars, 5, "accuracy");
    diagram_legend(&t, &bars);
    put_counts(&t, &counts, bin, count);
    return end(&t, err);
}

/* ---- curves ---- */

static bool shown(const Series *s, ptrdiff_t i)
{
    return isfinite(s->x[i]) && isfinite(s->y[i]);
}

/* The plot's edges around all points; an axis without length is widened. */
static void span(Plot *p, const SvgPanel *panel, bool x)
{
    double lo = INFINITY, hi = -INFINITY;
    for (int s = 0; s < panel->count; s++)
        for (ptrdiff_t i = 0; i < panel->series[s].n; i++) {
            if (!shown(&panel->series[s], i)) continue;
            lo = fmin(lo, x ? panel->series[s].x[i] : panel->series[s].y[i]);
            hi = fmax(hi, x ? panel->series[s].x[i] : panel->series[s].y[i]);
        }
    if (lo > hi) lo = 0, hi = 1;
    double pad = hi - lo > 1e-9 * fabs(hi) ? 0.04 * (hi - lo) : fmax(fabs(hi), 1) / 2;
    if (x)
        p->x0 = fmin(p->x0, lo), p->x1 = fmax(p->x1, hi);
    else
        p->y0 = lo >= 0 && lo < pad ? 0 : lo - pad, p->y1 = hi + pad;
}

static void put_curve(PlotText *t, const Plot *p, const Series *s, const char *colour)
{
    bool open = false;
    for (ptrdiff_t i = 0; i <= s->n; i++) {
        bool point = i < s->n && shown(s, i);
        if (open && !point) plottext_add(t, "\"/>\n");
        if (!open && point)
            put(t, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" stroke-linejoin=\"round\" points=\"",
                colour);
        if (point) put(t, "%s%.2f,%.2f", open ? " " : "", across(p, s->x[i]), down(p, s->y[i]));
        if (point && s->n == 1) put(t, " %.2f,%.2f", across(p, s->x[i]) + 2, down(p, s->y[i]));
        open = point;
    }
}

/* Names of the curves, in their colours' order, in the upper right corner. */
static void curve_legend(PlotText *t, const Plot *p, const SvgPanel *panel)
{
    for (int s = 0; s < panel->count; s++) {
        double y = p->top + 16 + 16 * s, right = p->left + p->width - 10;
        if (!panel->series[s].name) continue;
        put_line(t, right - 18, y - 4, right, y - 4, palette[s % COLOURS], NULL);
        put_label(t, right - 24, y, "end", panel->series[s].name);
    }
}

char *svg_curves(const SvgFigure *figure, const SvgPanel *panel, int panels, const char *x_label, Err *err)
{
    PlotText t = {0};
    int width = at_least(figure->width), height = at_least(figure->height);
    double room = (height - TOP - BOTTOM - (panels - 1) * GAP) / (double)panels;
    Plot p = {LEFT, TOP, width - LEFT - RIGHT, room, INFINITY, -INFINITY, 0, 1};
    begin(&t, figure, width, height);
    for (int i = 0; i < panels; i++) span(&p, &panel[i], true);
    if (p.x1 - p.x0 <= 1e-9 * fabs(p.x1)) p.x1 = p.x0 + 1;
    for (int i = 0; i < panels; i++, p.top += room + GAP) {
        span(&p, &panel[i], false);
        for (int s = 0; s < panel[i].count; s++) put_curve(&t, &p, &panel[i].series[s], palette[s % COLOURS]);
        frame(&t, &p);
        x_ticks(&t, &p, i == panels - 1);
        y_ticks(&t, &p, 4, panel[i].label);
        curve_legend(&t, &p, &panel[i]);
    }
    put_label(&t, LEFT + p.width / 2, height - 8, "middle", x_label);
    return end(&t, err);
}

/* ---- tables ---- */

enum { ROW = 20, COLUMN_GAP = 18, COLUMNS_MOST = 24 };
static const double letter = 0.56; /* mean width of a character, in font sizes */

static double text_pixels(const char *words)
{
    return words ? text_width(words) * letter * FONT : 0;
}

/* x (columns + 1): where the columns begin, and where the last ends. */
static void lay_out(double *x, const Column *column, int columns, const char *const *cells, int rows)
{
    x[0] = RIGHT;
    for (int k = 0; k < columns; k++) {
        double most = text_pixels(column[k].header);
        for (int i = 0; i < rows; i++) most = fmax(most, text_pixels(cells[i * columns + k]));
        x[k + 1] = x[k] + most + COLUMN_GAP;
    }
}

static void put_row(PlotText *t, const double *x, const Column *column, int columns, const char *const *cells, double y)
{
    for (int k = 0; k < columns; k++) {
        const char *words = cells ? cells[k] : column[k].header;
        bool right = column[k].align == ALIGN_RIGHT;
        if (words) put_label(t, right ? x[k + 1] - COLUMN_GAP : x[k], y, right ? "end" : "start", words);
    }
}

/* Returns how many lines; the longest's width goes to *most. */
static int put_notes(PlotText *t, const char *notes, double y, double *most)
{
    int lines = 0;
    char line[256];
    for (const char *at = notes; at && *at; lines++) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        if (t) put_label(t, RIGHT, y + 16 * lines, "start", line);
        *most = fmax(*most, text_pixels(line));
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return lines;
}

char *svg_table(const SvgFigure *figure, const Column *column, int columns, const char *const *cells, int rows,
                const char *notes, Err *err)
{
    PlotText t = {0};
    double x[COLUMNS_MOST + 1], most = text_pixels(figure->title);
    if (columns < 1 || columns > COLUMNS_MOST) {
        err_set(err, ERR_USAGE, "a table of %d columns; 1 to %d can be drawn", columns, COLUMNS_MOST);
        return NULL;
    }
    lay_out(x, column, columns, cells, rows);
    double right = x[columns] - COLUMN_GAP, y = TOP + ROW;
    int lines = put_notes(NULL, notes, 0, &most);
    begin(&t, figure, (int)fmax(right, RIGHT + most) + RIGHT, TOP + (rows + 2) * ROW + 16 * lines + ROW / 2);
    put_line(&t, RIGHT, TOP, right, TOP, "black", NULL);
    put_row(&t, x, column, columns, NULL, y - 6);
    put_line(&t, RIGHT, y, right, y, "black", NULL);
    for (int i = 0; i < rows; i++) put_row(&t, x, column, columns, cells + i * columns, y + ROW * (i + 1) - 6);
    y += ROW * rows;
    put_line(&t, RIGHT, y, right, y, "black", NULL);
    put_notes(&t, notes, y + ROW, &most);
    return end(&t, err);
}
