/* paper_png.c - figures as PNG files, two pixels a unit: 192 dpi. The same figure in the same font has the same bytes.
 * One thread each. */
#include "plot/paper.h"

#include "base/text.h"
#include "base/version.h"
#include "plot/font.h"
#include "plot/plottext.h"
#include "plot/raster.h"
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 2, DPI = 96 * SCALE, TEXTS = 3 };

typedef struct {
    FT_Library library;
    Font font;
    Raster raster;
    PlotText title, recipe; /* what the file says of itself */
    Err err;                /* of the first mark that failed */
} Picture;

/* ---- begin ---- */

static Status open_png(Paper *paper, Err *err)
{
    Picture *p = paper->own = calloc(1, sizeof(Picture));
    if (!p) return err_set(err, ERR_MEMORY, "no memory for a figure");
    if (FT_Init_FreeType(&p->library)) return err_set(err, ERR_MEMORY, "FreeType cannot be started: no memory");
    return font_open(&p->font, p->library, err);
}

static void close_png(Paper *paper)
{
    Picture *p = paper->own;
    if (!p) return;
    raster_close(&p->raster);
    font_close(&p->font);
    if (p->library) FT_Done_FreeType(p->library);
    free(p->title.bytes);
    free(p->recipe.bytes);
    free(p);
    paper->own = NULL;
}

/* What PNG allows in a text: UTF-8 without controls but newlines. */
static void put_words(PlotText *t, const char *words)
{
    while (*words) {
        int length;
        uint32_t code = text_decode(words, &length);
        words += length;
        plottext_code(t, text_is_control(code) || code == '\t' ? '?' : code);
    }
}

static Status begin(Paper *paper, const PaperHead *head, Err *err)
{
    Picture *p = paper->own;
    put_words(&p->title, head->title);
    put_words(&p->recipe, head->recipe);
    return raster_open(&p->raster, p->library, head->width * SCALE, head->height * SCALE, err);
}

/* ---- marks ---- */

/* The outline in the font's slot, its origin at (x, y) in pixels, turned where it is upright. */
static Status put_glyph(Picture *p, double x, double y, const Type *type)
{
    static const FT_Matrix lying = {0x10000, 0, 0, -0x10000}, upright = {0, -0x10000, -0x10000, 0}; /* y goes down */
    FT_Outline *outline = &p->font.face->glyph->outline;
    FT_Outline_Transform(outline, type->upright ? &upright : &lying);
    FT_Outline_Translate(outline, lround(64 * x), lround(64 * y));
    return raster_outline(&p->raster, outline, type->colour, 1, &p->err);
}

/* Pixels of a text of `size` units; NaN with err set. */
static double text_pixels(const Font *font, const char *words, double size, Err *err)
{
    double width = 0;
    while (*words) {
        if (font_load(font, &words, size * SCALE, err) != OK) return NAN;
        width += (double)font->face->glyph->linearHoriAdvance / 65536;
    }
    return width;
}

static double measure(Paper *paper, const char *words, double size)
{
    Picture *p = paper->own;
    double width = p->err.code == OK ? text_pixels(&p->font, words, size, &p->err) : NAN;
    return isfinite(width) ? width / SCALE : 0;
}

static void text(Paper *paper, double x, double y, const char *words, const Type *type)
{
    static const double before[] = {0, 0.5, 1}; /* share of the text before its place, by anchor */
    Picture *p = paper->own;
    if (p->err.code != OK) return;
    double width = text_pixels(&p->font, words, type->size, &p->err), pen = -before[type->anchor] * width;
    while (*words && p->err.code == OK) {
        if (font_load(&p->font, &words, type->size * SCALE, &p->err) != OK) return;
        double advance = (double)p->font.face->glyph->linearHoriAdvance / 65536;
        double px = SCALE * x + (type->upright ? 0 : pen), py = SCALE * y - (type->upright ? pen : 0);
        pen += advance;
        if (fabs(px) < RASTER_SIDE_MOST && fabs(py) < RASTER_SIDE_MOST) put_glyph(p, px, py, type);
    }
}

static void box(Paper *paper, double x, double y, double width, double height, const Fill *fill)
{
    Picture *p = paper->own;
    double x0 = SCALE * x, y0 = SCALE * y, x1 = SCALE * (x + width), y1 = SCALE * (y + height);
    const double edge_x[] = {x0, x1, x1, x0, x0}, edge_y[] = {y0, y0, y1, y1, y0};
    double half = fill->edge_width * SCALE / 2;
    if (p->err.code == OK && fill->opacity > 0)
        raster_box(&p->raster, x0, y0, x1, y1, fill->colour, fill->opacity, &p->err);
    for (int i = 0; i < 4 && p->err.code == OK && half > 0; i++) { /* longer by half their width: square corners */
        double dx = half * (edge_x[i + 1] > edge_x[i]) - half * (edge_x[i + 1] < edge_x[i]);
        double dy = half * (edge_y[i + 1] > edge_y[i]) - half * (edge_y[i + 1] < edge_y[i]);
        const double from_to_x[] = {edge_x[i] - dx, edge_x[i + 1] + dx},
                     from_to_y[] = {edge_y[i] - dy, edge_y[i + 1] + dy};
        raster_polyline(&p->raster, from_to_x, from_to_y, 2, 2 * half, 0, 0, fill->edge, &p->err);
    }
}

static void polyline(Paper *paper, const double *x, const double *y, ptrdiff_t n, const Stroke *stroke)
{
    Picture *p = paper->own;
    double *at = p->err.code == OK && n > 1 ? malloc(2 * (size_t)n * sizeof *at) : NULL;
    if (p->err.code != OK || n < 2) return;
    if (!at) {
        err_set(&p->err, ERR_MEMORY, "no memory for a curve of %td points", n);
        return;
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        at[i] = SCALE * x[i];
        at[n + i] = SCALE * y[i];
    }
    raster_polyline(&p->raster, at, at + n, n, SCALE * stroke->width, SCALE * stroke->on, SCALE * stroke->off,
                    stroke->colour, &p->err);
    free(at);
}

/* ---- the file ---- */

static void append(png_structp png, png_bytep bytes, size_t count)
{
    PlotText *file = png_get_io_ptr(png);
    plottext_bytes(file, (const char *)bytes, count);
    if (file->failed) png_error(png, "no memory");
}

static void nothing(png_structp png)
{
    (void)png;
}

static void remark(png_structp png, png_const_charp words)
{
    (void)png, (void)words;
}

static void set_texts(png_structp png, png_infop info, Picture *p)
{
    png_text text[TEXTS] = {{.key = "Title", .text = p->title.bytes},
                            {.key = "Description", .text = p->recipe.bytes},
                            {.key = "Software", .text = "tare " TARE_VERSION}};
    for (int i = 0; i < TEXTS; i++) {
        text[i].compression = PNG_ITXT_COMPRESSION_NONE; /* UTF-8 */
        if (!text[i].text) text[i].text = "";
    }
    png_set_text(png, info, text, TEXTS);
}

/* Leaves by the jump when libpng cannot go on. */
static void write_picture(png_structp png, png_infop info, Picture *p)
{
    const double metre = 1 / 0.0254; /* in inches */
    const Raster *r = &p->raster;
    png_uint_32 density = (png_uint_32)lround(DPI * metre);
    png_set_IHDR(png, info, (png_uint_32)r->width, (png_uint_32)r->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_pHYs(png, info, density, density, PNG_RESOLUTION_METER);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE); /* flat colours: smaller so, and sooner */
    set_texts(png, info, p);
    png_write_info(png, info);
    for (int y = 0; y < r->height; y++) png_write_row(png, r->pixel + (size_t)y * (size_t)r->width * 3);
    png_write_end(png, NULL);
}

/* false for want of memory: nothing else fails. */
static bool encode(Picture *p, PlotText *file)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, remark);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_set_write_fn(png, file, append, nothing);
    write_picture(png, info, p);
    png_destroy_write_struct(&png, &info);
    return true;
}

static Status take(Paper *paper, char **bytes, size_t *size, Err *err)
{
    Picture *p = paper->own;
    PlotText file = {0};
    if (p->err.code != OK) return err_set(err, p->err.code, "%s", p->err.msg);
    if (p->title.failed || p->recipe.failed || !encode(p, &file)) {
        free(file.bytes);
        return err_set(err, ERR_MEMORY, "no memory for a figure of %d x %d pixels", p->raster.width, p->raster.height);
    }
    *size = file.used;
    *bytes = plottext_take(&file, err);
    return *bytes ? OK : err->code;
}

const PaperKind paper_png = {"png", open_png, measure, begin, box, polyline, text, take, close_png};
