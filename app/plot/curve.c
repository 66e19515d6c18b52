/* curve.c - line curves with their axes, as text. Pure functions; any thread. */
#include "plot/chart.h"

void curve_draw(Canvas *canvas, const Series *series, int count, const char *title, const Glyphs *glyphs)
{
    chart_draw(canvas, &(Chart){.title = title, .series = series, .count = count}, glyphs);
}

char *curve_text(const Series *series, int count, const char *title, int width, int height, const Glyphs *glyphs,
                 Err *err)
{
    Canvas canvas;
    if (canvas_open(&canvas, width, height, err) != OK) return NULL;
    curve_draw(&canvas, series, count, title, glyphs);
    char *text = canvas_string(&canvas, err);
    canvas_close(&canvas);
    return text;
}
