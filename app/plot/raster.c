/* raster.c - outlines filled into pixels, see raster.h. One thread each. */
#include "plot/raster.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

Status raster_open(Raster *raster, FT_Library library, int width, int height, Err *err)
{
    if (width > RASTER_SIDE_MOST || height > RASTER_SIDE_MOST || (int64_t)width * height > RASTER_PIXELS_MOST)
        return err_set(err, ERR_USAGE, "a picture of %d x %d pixels is too large; save it as .svg", width, height);
    size_t size = (size_t)width * (size_t)height * 3;
    *raster = (Raster){library, width, height, malloc(size)};
    if (!raster->pixel) return err_set(err, ERR_MEMORY, "no memory for a picture of %d x %d pixels", width, height);
    memset(raster->pixel, 0xFF, size);
    return OK;
}

void raster_close(Raster *raster)
{
    free(raster->pixel);
    raster->pixel = NULL;
}

/* ---- filling ---- */

typedef struct {
    Raster *raster;
    uint8_t colour[3];
    int opacity; /* 0..255 */
} Brush;

/* pixel += (colour - pixel) coverage opacity, rounded. */
static void blend(int y, int count, const FT_Span *spans, void *user)
{
    const Brush *brush = user;
    for (int s = 0; s < count; s++) {
        int alpha = spans[s].coverage * brush->opacity;
        uint8_t *at = brush->raster->pixel + ((ptrdiff_t)y * brush->raster->width + spans[s].x) * 3;
        for (int i = 0; i < spans[s].len * 3; i++) {
            int sum = at[i] * (255 * 255 - alpha) + brush->colour[i % 3] * alpha;
            at[i] = (uint8_t)((sum + 255 * 255 / 2) / (255 * 255));
        }
    }
}

Status raster_outline(Raster *raster, FT_Outline *outline, uint32_t colour, double opacity, Err *err)
{
    Brush brush = {
        raster, {(uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour}, (int)lround(255 * opacity)};
    FT_Raster_Params params = {.flags = FT_RASTER_FLAG_AA | FT_RASTER_FLAG_DIRECT | FT_RASTER_FLAG_CLIP,
                               .gray_spans = blend,
                               .user = &brush,
                               .clip_box = {0, 0, raster->width, raster->height}};
    if (outline->n_points == 0) return OK;
    int failed = FT_Outline_Render(raster->library, outline, &params);
    return failed ? err_set(err, ERR_MEMORY, "a figure's outline cannot be filled (FreeType error %d)", failed) : OK;
}

/* ---- polygons ---- */

enum { POINTS_MOST = 4096, JOIN = 12 };

/* Polygons, all of them clockwise on the page, so that they add up where they overlap. */
typedef struct {
    Raster *raster;
    FT_Outline outline; /* of POINTS_MOST points */
    uint32_t colour;
} Shape;

static Status shape_open(Shape *shape, Raster *raster, uint32_t colour, Err *err)
{
    *shape = (Shape){.raster = raster, .colour = colour};
    if (FT_Outline_New(raster->library, POINTS_MOST, POINTS_MOST, &shape->outline))
        return err_set(err, ERR_MEMORY, "no memory for the outlines of a figure");
    shape->outline.n_points = shape->outline.n_contours = 0;
    return OK;
}

static Status shape_fill(Shape *shape, double opacity, Err *err)
{
    Status filled = raster_outline(shape->raster, &shape->outline, shape->colour, opacity, err);
    shape->outline.n_points = shape->outline.n_contours = 0;
    return filled;
}

static void shape_close(Shape *shape)
{
    shape->outline.n_points = shape->outline.n_contours = POINTS_MOST; /* as it was made */
    FT_Outline_Done(shape->raster->library, &shape->outline);
}

/* A pixel's place in 26.6; far outside is as good as a little outside. */
static FT_Pos place(double pixel)
{
    double most = RASTER_SIDE_MOST + 100;
    return lround(64 * fmax(-most, fmin(pixel, most)));
}

static void add_point(Shape *shape, double x, double y)
{
    FT_Outline *o = &shape->outline;
    o->points[o->n_points] = (FT_Vector){place(x), place(y)};
    o->tags[o->n_points] = FT_CURVE_TAG_ON;
    o->n_points++;
}

static void end_polygon(Shape *shape)
{
    FT_Outline *o = &shape->outline;
    o->contours[o->n_contours] = (__typeof__(*o->contours))(o->n_points - 1);
    o->n_contours++;
}

Status raster_box(Raster *raster, double x0, double y0, double x1, double y1, uint32_t colour, double opacity, Err *err)
{
    Shape shape;
    if (shape_open(&shape, raster, colour, err) != OK) return err->code;
    add_point(&shape, x0, y0);
    add_point(&shape, x1, y0);
    add_point(&shape, x1, y1);
    add_point(&shape, x0, y1);
    end_polygon(&shape);
    Status filled = shape_fill(&shape, opacity, err);
    shape_close(&shape);
    return filled;
}

/* ---- lines ---- */

typedef struct {
    double x, y;
} Point;

/* A line of this width, and a disk around its end where the next one joins. */
static Status add_line(Shape *shape, Point a, Point b, double width, bool joined, Err *err)
{
    double length = hypot(b.x - a.x, b.y - a.y), half = width / 2;
    double nx = length > 0 ? -(b.y - a.y) / length * half : 0, ny = length > 0 ? (b.x - a.x) / length * half : 0;
    if (shape->outline.n_points + 4 + JOIN > POINTS_MOST) TRY(shape_fill(shape, 1, err));
    add_point(shape, a.x - nx, a.y - ny);
    add_point(shape, b.x - nx, b.y - ny);
    add_point(shape, b.x + nx, b.y + ny);
    add_point(shape, a.x + nx, a.y + ny);
    end_polygon(shape);
    for (int i = 0; joined && i < JOIN; i++)
        add_point(shape, b.x + half * cos(2 * M_PI * i / JOIN), b.y + half * sin(2 * M_PI * i / JOIN));
    if (joined) end_polygon(shape);
    return OK;
fail:
    return err->code;
}

/* The dashes of a line from a to b; *done is how far into the pattern it begins, then ends. */
static Status add_dashes(Shape *shape, Point a, Point b, double width, double on, double off, double *done, Err *err)
{
    double length = hypot(b.x - a.x, b.y - a.y), at = 0;
    while (at < length) {
        bool drawn = *done < on;
        double step = fmin((drawn ? on : on + off) - *done, length - at);
        Point from = {a.x + (b.x - a.x) * at / length, a.y + (b.y - a.y) * at / length};
        Point to = {a.x + (b.x - a.x) * (at + step) / length, a.y + (b.y - a.y) * (at + step) / length};
        if (drawn) TRY(add_line(shape, from, to, width, false, err));
        at += step;
        *done += step;
        if (*done >= on + off) *done = 0;
    }
    return OK;
fail:
    return err->code;
}

Status raster_polyline(Raster *raster, const double *x, const double *y, ptrdiff_t n, double width, double on,
                       double off, uint32_t colour, Err *err)
{
    Shape shape;
    double done = 0;
    if (shape_open(&shape, raster, colour, err) != OK) return err->code;
    for (ptrdiff_t i = 1; i < n; i++) {
        Point a = {x[i - 1], y[i - 1]}, b = {x[i], y[i]};
        if (off > 0)
            TRY(add_dashes(&shape, a, b, width, on, off, &done, err));
        else
            TRY(add_line(&shape, a, b, width, i < n - 1, err));
    }
    TRY(shape_fill(&shape, 1, err));
    shape_close(&shape);
    return OK;
fail:
    shape_close(&shape);
    return err->code;
}
