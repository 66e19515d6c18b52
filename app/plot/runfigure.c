/* runfigure.c - the panes of a run as files, see runfigure.h. */
#include "plot/runfigure.h"

#include "base/text.h"
#include "plot/diagram.h"
#include "plot/plottext.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- curves ---- */

enum { PANELS = 2 };

/* A chart as a panel. Not to be copied. */
typedef struct {
    RunChart chart;
    FigureCurve curve[CURVES_MOST];
    FigureMark mark[MARKS_MOST];
    char word[MARKS_MOST][64]; /* what the marks are called */
} Sheet;

/* What a mark is, for a legend: the best, then the one looked at. */
static void name_marks(Sheet *s, const RunView *view)
{
    const EvalPoint *best = runlog_best(view->log);
    int m = 0;
    if (best) snprintf(s->word[m++], sizeof *s->word, "best, epoch %d", (int)best->epoch);
    if (view->at)
        snprintf(s->word[m++], sizeof *s->word, "%sepoch %d", view->at_parent ? "stage 1, " : "", (int)view->at->epoch);
    for (int i = 0; i < m; i++) s->mark[i] = (FigureMark){s->chart.mark[i].x, s->chart.mark[i].y, s->word[i]};
}

/* name (curves), label: of the figure; the curves of the parent come first, and are dim. */
static FigurePanel panel_of(Sheet *s, const RunView *view, const char *const *name, const int *colour,
                            const char *label)
{
    const Chart *chart = &s->chart.chart;
    for (int i = 0; i < chart->count; i++) {
        int k = i % (chart->count / 2);
        bool dim = i < chart->count / 2;
        s->curve[i] = (FigureCurve){chart->series[i], colour[k], dim};
        s->curve[i].series.name = dim ? NULL : name[k];
    }
    name_marks(s, view);
    return (FigurePanel){s->curve, chart->count, s->mark, chart->marks, label, chart->log_y, chart->from_zero};
}

static const char *const loss_names[] = {"loss (train)", "NLL (valid)"}, *const ece_names[] = {"ECE (valid)"};
static const int loss_colours[] = {COLOUR_TRAIN, COLOUR_VALID}, ece_colours[] = {COLOUR_VALID};

/* sheet (PANELS), panel (PANELS); returns how many. */
static int panels_of(Sheet *sheet, FigurePanel *panel, const RunView *view, Curves curves)
{
    int n = 0;
    if (curves != CURVES_ECE) {
        runchart_loss(&sheet[n].chart, view);
        panel[n] = panel_of(&sheet[n], view, loss_names, loss_colours, view->log_loss ? "loss (log)" : "loss");
        n++;
    }
    if (curves != CURVES_LOSS) {
        runchart_ece(&sheet[n].chart, view);
        panel[n] = panel_of(&sheet[n], view, ece_names, ece_colours, "ECE %");
        n++;
    }
    return n;
}

Status runfigure_curves(FigureFile *file, const Figure *figure, const RunView *view, Curves curves, Err *err)
{
    Sheet *sheet = malloc(PANELS * sizeof *sheet);
    FigurePanel panel[PANELS];
    FigurePart part[TRACK_PARTS];
    int parts = 0;
    if (!sheet) return err_set(err, ERR_MEMORY, "no memory for the curves of a run");
    int panels = panels_of(sheet, panel, view, curves);
    const Track *track = &sheet[0].chart.track;
    for (int i = 0; i < TRACK_PARTS; i++) {
        const StagePoint *stage = track->log[i] ? stage_of(track->log[i]) : NULL;
        if (!track->log[i]) continue;
        part[parts++] =
            (FigurePart){i ? track->split : 0, i ? 1 : track->split, track->steps[i], stage ? stage->as.name : NULL};
    }
    Status drawn =
        figure_curves(file, figure, panel, panels, part, parts, view->parent ? "features freeze" : NULL, err);
    free(sheet);
    return drawn;
}

/* A chart as lines, behind what is in t. */
static Status add_chart(PlotText *t, RunChart *c, const char *title, int width, int height, const Glyphs *glyphs,
                        Err *err)
{
    Canvas canvas;
    c->chart.title = title;
    if (canvas_open(&canvas, width, height, err) != OK) return err->code;
    chart_draw(&canvas, &c->chart, glyphs);
    char *text = canvas_string(&canvas, err);
    canvas_close(&canvas);
    if (!text) return err->code;
    plottext_add(t, text);
    free(text);
    return OK;
}

char *runfigure_curves_text(const RunView *view, Curves curves, const char *title, int width, int height, Err *err)
{
    PlotText t = {0};
    RunChart c;
    int each = curves == CURVES_BOTH ? height / 2 : height, least = each > 0 ? each : 1;
    if (curves != CURVES_ECE) {
        runchart_loss(&c, view);
        TRY(add_chart(&t, &c, title, width, least, view->glyphs, err));
    }
    if (curves != CURVES_LOSS) {
        runchart_ece(&c, view);
        TRY(add_chart(&t, &c, curves == CURVES_ECE ? title : "ECE %", width, least, view->glyphs, err));
    }
    return plottext_take(&t, err);
fail:
    free(t.bytes);
    return NULL;
}

static void add_point(PlotText *t, const char *stage, const char *curve, int step, double value)
{
    char line[128], number[32];
    snprintf(number, sizeof number, "%.10g", value);
    if (!isfinite(value)) text_copy(number, sizeof number, isnan(value) ? "NaN" : value > 0 ? "Inf" : "-Inf");
    snprintf(line, sizeof line, "%s%s,%d,%s\n", stage, curve, step, number);
    plottext_add(t, line);
}

static void add_evals(PlotText *t, const RunLog *log, const char *stage, const char *curve, EvalValue *value, int bins)
{
    for (ptrdiff_t i = 0; i < log->evals; i++)
        if (eval_on_the_way(&log->eval[i])) add_point(t, stage, curve, log->eval[i].step, value(&log->eval[i], bins));
}

char *runfigure_curves_csv(const RunView *view, Curves curves, Err *err)
{
    PlotText t = {0};
    const RunLog *part[] = {view->parent, view->log};
    plottext_add(&t, "curve,step,value\n");
    for (int p = 0; p < 2; p++) {
        const RunLog *log = part[p];
        const char *stage = p == 0 ? "stage 1 " : "";
        for (ptrdiff_t i = 0; log && curves != CURVES_ECE && i < log->steps; i++)
            add_point(&t, stage, loss_names[0], log->step[i].step, log->step[i].as.loss);
        if (log && curves != CURVES_ECE) add_evals(&t, log, stage, loss_names[1], eval_nll, view->bins);
        if (log && curves != CURVES_LOSS) add_evals(&t, log, stage, ece_names[0], eval_ece_percent, view->bins);
    }
    return plottext_take(&t, err);
}

/* ---- reliability ---- */

char *bins_csv(const Bin *bin, const Bin *ghost, int count, Err *err)
{
    PlotText t = {0};
    plottext_add(&t, ghost ? "lo,hi,count,accuracy,confidence,gap,was\n" : "lo,hi,count,accuracy,confidence,gap\n");
    for (int i = 0; i < count; i++) {
        const Bin *b = &bin[i];
        plottext_format(&t, "%.10g,%.10g,%.0f,", b->lo, b->hi, b->count);
        if (b->count > 0)
            plottext_format(&t, "%.10g,%.10g,%.10g", b->right / b->count, b->confidence / b->count,
                            (b->confidence - b->right) / b->count);
        else
            plottext_add(&t, ",,");
        if (ghost && ghost[i].count > 0)
            plottext_format(&t, ",%.10g\n", ghost[i].right / ghost[i].count);
        else
            plottext_add(&t, ghost ? ",\n" : "\n");
    }
    return plottext_take(&t, err);
}

Status run_reliability(RunReliability *r, const RunView *view, const char *name, Err *err)
{
    const EvalPoint *eval = view->at ? view->at : runlog_eval(view->log, "valid", NULL);
    const EvalPoint *was = view->parent && !view->at_parent ? runlog_eval(view->parent, "valid", NULL) : NULL;
    *r = (RunReliability){0};
    if (!eval)
        return err_set(err, ERR_STATE, "run %.60s has no evaluation yet; wait for its first one: run:wait()", name);
    if (bins_from_fine(r->bin, view->bins, &eval->as.bins, err) != OK) return err->code;
    r->ghosts = was && bins_from_fine(r->ghost, view->bins, &was->as.bins, NULL) == OK;
    if (r->ghosts) r->ghost_name = stage_of(view->parent) ? stage_of(view->parent)->as.name : "stage 1";
    int used = snprintf(r->title, sizeof r->title, "%.60s: ECE %.2f %%", name, eval_ece_percent(eval, view->bins));
    if (was)
        snprintf(r->title + used, sizeof r->title - (size_t)used, " (was %.2f %%)", eval_ece_percent(was, view->bins));
    eval_headline(r->note, sizeof r->note, view->at_parent ? view->parent : view->log, eval, view->at_parent);
    return OK;
}

char *run_reliability_text(const RunReliability *r, const RunView *view, int width, int height, Err *err)
{
    Canvas canvas;
    PlotText t = {0};
    if (canvas_open(&canvas, width, height, err) != OK) return NULL;
    diagram_draw_ghost(&canvas, r->bin, r->ghosts ? r->ghost : NULL, view->bins, r->title, view->glyphs);
    char *text = canvas_string(&canvas, err);
    canvas_close(&canvas);
    if (!text) return NULL;
    plottext_add(&t, text);
    plottext_add(&t, r->note);
    plottext_add(&t, "\n");
    free(text);
    return plottext_take(&t, err);
}
