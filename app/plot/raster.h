/* raster.h - a picture of RGB pixels that outlines are filled into, anti-aliased by FreeType. One thread each. */
#ifndef TARE_PLOT_RASTER_H
#define TARE_PLOT_RASTER_H

#include "base/err.h"
#include <ft2build.h>
#include <freetype/freetype.h>
#include <freetype/ftoutln.h>
#include <stdint.h>

/* FreeType's spans have 16 bits. */
enum { RASTER_SIDE_MOST = 32000, RASTER_PIXELS_MOST = 64 << 20 };

typedef struct {
    FT_Library library;
    int width, height;
    uint8_t *pixel; /* (height, width, 3), row 0 on top */
} Raster;

/* White. ERR_USAGE: more pixels than a picture may have. ERR_MEMORY. The library is borrowed. */
Status raster_open(Raster *raster, FT_Library library, int width, int height, Err *err);
void raster_close(Raster *raster);

/* Fill what the outline encloses (non-zero winding; pixels in 26.6, y down) with the colour (0xRRGGBB). */
Status raster_outline(Raster *raster, FT_Outline *outline, uint32_t colour, double opacity, Err *err);

/* Fill a box; its edges, in pixels, may be in any order. */
Status raster_box(Raster *raster, double x0, double y0, double x1, double y1, uint32_t colour, double opacity,
                  Err *err);

/* Draw n points joined by opaque lines with round joins and flat ends; dashes of `on` pixels, `off` apart: 0 = none. */
Status raster_polyline(Raster *raster, const double *x, const double *y, ptrdiff_t n, double width, double on,
                       double off, uint32_t colour, Err *err);

#endif
