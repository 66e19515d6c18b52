/* paper_svg.c - figures as SVG files: a <title>, a <desc> for people, <metadata> for programs. Any thread. */
#include "plot/paper.h"

#include "base/text.h"
#include "base/version.h"
#include "plot/plottext.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- words ---- */

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
        uint32_t code = text_decode(at, &length);
        bool control = text_is_control(code) || code == 0xFFFE || code == 0xFFFF;
        at += length;
        if (code == '&')
            plottext_add(t, "&amp;");
        else if (code == '<')
            plottext_add(t, "&lt;");
        else if (code == '>')
            plottext_add(t, "&gt;");
        else
            plottext_code(t, control ? '?' : code);
    }
}

/* ---- the file ---- */

static Status open_svg(Paper *paper, Err *err)
{
    paper->own = calloc(1, sizeof(PlotText));
    return paper->own ? OK : err_set(err, ERR_MEMORY, "no memory for a figure");
}

/* Whoever shows the file picks the font: an estimate by the mean width of a character, in font sizes. */
static double measure(Paper *paper, const char *words, double size)
{
    (void)paper;
    return text_width(words) * 0.56 * size;
}

static Status begin(Paper *paper, const PaperHead *head, Err *err)
{
    (void)err;
    PlotText *t = paper->own;
    put(t,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"%d\">\n<title>",
        head->width, head->height, head->width, head->height, PAPER_FONT);
    put_words(t, head->title);
    plottext_add(t, "</title>\n<desc>");
    put_words(t, head->recipe);
    put(t, "</desc>\n<metadata xmlns:tare=\"urn:tare\"><tare:figure><tare:program>tare %s</tare:program><tare:recipe>",
        TARE_VERSION);
    put_words(t, head->recipe);
    plottext_add(t, "</tare:recipe></tare:figure></metadata>\n");
    put(t, "<rect x=\"0\" y=\"0\" width=\"%d\" height=\"%d\" fill=\"#FFFFFF\"/>\n", head->width, head->height);
    return OK;
}

static Status take(Paper *paper, char **bytes, size_t *size, Err *err)
{
    PlotText *t = paper->own;
    plottext_add(t, "</svg>\n");
    *size = t->used;
    *bytes = plottext_take(t, err);
    return *bytes ? OK : err->code;
}

static void close_svg(Paper *paper)
{
    PlotText *t = paper->own;
    if (t) free(t->bytes);
    free(t);
    paper->own = NULL;
}

/* ---- marks ---- */

static void box(Paper *paper, double x, double y, double width, double height, const Fill *fill)
{
    PlotText *t = paper->own;
    put(t, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", x, y, width, height);
    if (fill->opacity > 0)
        put(t, " fill=\"#%06X\"", (unsigned)fill->colour);
    else
        plottext_add(t, " fill=\"none\"");
    if (fill->opacity > 0 && fill->opacity < 1) put(t, " fill-opacity=\"%g\"", fill->opacity);
    if (fill->edge_width > 0) put(t, " stroke=\"#%06X\"", (unsigned)fill->edge);
    if (fill->edge_width > 0 && fill->edge_width != 1) put(t, " stroke-width=\"%g\"", fill->edge_width);
    plottext_add(t, "/>\n");
}

/* <line> for two points, <polyline> for more. */
static void polyline(Paper *paper, const double *x, const double *y, ptrdiff_t n, const Stroke *stroke)
{
    PlotText *t = paper->own;
    if (n < 2) return;
    if (n == 2) {
        put(t, "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"", x[0], y[0], x[1], y[1]);
    } else {
        plottext_add(t, "<polyline fill=\"none\" stroke-linejoin=\"round\" points=\"");
        for (ptrdiff_t i = 0; i < n; i++) put(t, "%s%.2f,%.2f", i ? " " : "", x[i], y[i]);
        plottext_add(t, "\"");
    }
    put(t, " stroke=\"#%06X\"", (unsigned)stroke->colour);
    if (stroke->width != 1) put(t, " stroke-width=\"%g\"", stroke->width);
    if (stroke->off > 0) put(t, " stroke-dasharray=\"%g %g\"", stroke->on, stroke->off);
    plottext_add(t, "/>\n");
}

static void text(Paper *paper, double x, double y, const char *words, const Type *type)
{
    static const char *const anchor[] = {"start", "middle", "end"};
    PlotText *t = paper->own;
    put(t, "<text x=\"%.1f\" y=\"%.1f\"", x, y);
    if (type->size != PAPER_FONT) put(t, " font-size=\"%g\"", type->size);
    if (type->colour) put(t, " fill=\"#%06X\"", (unsigned)type->colour);
    if (type->upright) put(t, " transform=\"rotate(-90 %.1f %.1f)\"", x, y);
    put(t, " text-anchor=\"%s\">", anchor[type->anchor]);
    put_words(t, words);
    plottext_add(t, "</text>\n");
}

const PaperKind paper_svg = {"svg", open_svg, measure, begin, box, polyline, text, take, close_svg};
const PaperKind *const papers[] = {&paper_svg, &paper_png, NULL};
