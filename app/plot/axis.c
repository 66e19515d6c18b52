/* axis.c - round numbers along an axis. Pure functions; any thread. */
#include "plot/axis.h"

#include <math.h>

static double tick_step(double lo, double hi, int wanted)
{
    double raw = hi / wanted - lo / wanted, unit = pow(10, floor(log10(raw))), share = raw / unit;
    return unit * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

int axis_ticks(double *tick, double lo, double hi, int wanted)
{
    double step = tick_step(lo, hi, wanted), first = ceil(lo / step - 1e-9);
    int n = 0;
    while (n < AXIS_TICKS && (first + n) * step <= hi + step * 1e-9) {
        tick[n] = (first + n) * step;
        n++;
    }
    return n;
}

int axis_log_ticks(double *tick, double lo, double hi, int wanted)
{
    static const double times[] = {1, 2, 5};
    double decades = log10(hi) - log10(lo);
    int each = 3 * decades <= 2 * wanted ? 3 : 1, n = 0, stride = (int)fmax(1, ceil(decades / wanted));
    if (decades < 0.7) return axis_ticks(tick, lo, hi, wanted); /* there may be no 1, 2 or 5 in it */
    for (int power = (int)floor(log10(lo)); power <= (int)ceil(log10(hi)); power++)
        for (int i = 0; i < each && power % stride == 0; i++) {
            double value = times[i] * pow(10, power);
            if (value >= lo * (1 - 1e-9) && value <= hi * (1 + 1e-9) && n < AXIS_TICKS) tick[n++] = value;
        }
    return n;
}
