/* calibrate.c - see calibrate.h. calibrate_job, calibrate_check and calibrate_read: main thread; calibrate_run: its
 * lane's. */
#include "train/calibrate.h"

#include "base/text.h"
#include "file/safetensors.h"
#include "train/result.h"
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(CalibrateSpec, field)

const Option calibrate_options[] = {
    {"method", OPTION_TEXT, AT(method), "temperature", 0, 0, NULL, "the calibrator"},
    {"recipe", OPTION_TEXT, AT(recipe), "", 0, 0, NULL, "the parent's"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 0x1p53, NULL, "the parent's"},
    {"keep", OPTION_CHOICE, AT(keep), "best", 0, 0, "best|last", "the parent's: which of its networks is calibrated"},
    {0},
};
#undef AT

static const char fit_file[] = "calibrator.safetensors";

/* ---- the job ---- */

Status calibrate_job(Job *job, const char *method, const Job *parent, Err *err)
{
    char keep[OPTION_TEXT_SIZE];
    if (!calibrator_find(method, err)) return ERR_USAGE;
    *job = (Job){.kind = job_kind("calibrate"), .data = parent->data, .model = parent->model};
    CalibrateSpec *spec = &job->calibrate;
    option_defaults(job->kind->options, spec);
    text_copy(spec->method, sizeof spec->method, method);
    job_text(parent, "recipe", spec->recipe);
    text_copy(spec->keep, sizeof spec->keep, job_text(parent, "keep", keep));
    spec->seed = (int64_t)job_number(parent, "seed", 1);
    return job_add_parent(job, parent->name, err);
}

Status calibrate_check(const Job *job, const Dataset *data, Err *err)
{
    (void)data;
    return calibrator_find(job->calibrate.method, err) ? OK : ERR_USAGE;
}

/* ---- the fit as a file ---- */

static Status write_fit(const JobTask *task, const Fit *fit, Err *err)
{
    char path[PATH_SIZE];
    TensorFile f;
    tensors_init(&f);
    Status done = path_join(path, task->record->folder, fit_file, err);
    for (int i = 0; done == OK && i < fit->arrays; i++)
        done = tensors_add(&f, fit->array[i].name, ARRAY_F64, 1, (const ptrdiff_t[]){fit->array[i].n},
                           fit->array[i].value, err);
    if (done == OK) done = tensors_meta(&f, "method", fit->of->name, err);
    if (done == OK) done = tensors_meta(&f, "at_bound", fit->at_bound ? "true" : "false", err);
    if (done == OK) done = tensors_write(path, &f, err);
    tensors_free(&f);
    return done;
}

static Status take_arrays(Fit *fit, const TensorFile *f, Err *err)
{
    const char *at_bound = tensors_meta_find(f, "at_bound");
    fit->at_bound = at_bound && strcmp(at_bound, "true") == 0;
    for (int i = 0; i < f->tensors; i++) {
        const Array *t = &f->tensor[i];
        if (t->type != ARRAY_F64 || t->dims != 1)
            return err_set(err, ERR_FORMAT, "tensor \"%s\" is no list of float64", t->name);
        double *value = fit_add(fit, t->name, t->shape[0], err);
        if (!value) return ERR_MEMORY;
        memcpy(value, t->data, (size_t)t->shape[0] * sizeof *value);
    }
    return OK;
}

Status calibrate_read(const char *runs, const Job *job, Fit *fit, Err *err)
{
    char folder[PATH_SIZE], path[PATH_SIZE];
    TensorFile f;
    tensors_init(&f);
    *fit = (Fit){.of = calibrator_find(job->calibrate.method, err)};
    Status done = fit->of ? OK : ERR_USAGE;
    if (done == OK) done = path_join(folder, runs, job->name, err);
    if (done == OK) done = path_join(path, folder, fit_file, err);
    if (done == OK) done = tensors_read(path, &f, err);
    if (done == OK && (done = take_arrays(fit, &f, err)) != OK) err_prefix(err, "%s: ", path);
    tensors_free(&f);
    if (done != OK) fit_free(fit);
    return done;
}

/* ---- the run ---- */

/* The parent's predictions on a split, after the fit, as this run's own. Their NLL before and after, in nats. */
static Status apply_to(Result *result, const Fit *fit, SplitId split, double nll[2], Err *err)
{
    const JobTask *task = result->task;
    const char *keep = task->job->calibrate.keep;
    char file[32];
    Event before = {0}, event = task_event(task, EVENT_EVAL);
    Predictions *pred, *out = NULL;
    Status done = OK;
    snprintf(file, sizeof file, "%s.safetensors", split_name[split]);
    if (!(pred = record_predictions(task->runs, job_from(task->job), file, err))) return err ? err->code : ERR_IO;
    TRY(done = result_figures(&before, pred, split, keep, err));
    if (!(out = calibrator_apply(fit, pred, err))) {
        done = err ? err->code : ERR_USAGE;
        goto fail;
    }
    TRY(done = result_figures(&event, out, split, keep, err));
    nll[0] = before.as.eval.nll;
    nll[1] = event.as.eval.nll;
    done = result_add(result, split, &event, out, out, err);
fail:
    predictions_release(pred);
    predictions_release(out);
    return done;
}

static Status fit_parent(const JobTask *task, Fit *fit, Err *err)
{
    const Calibrator *of = calibrator_find(task->job->calibrate.method, err);
    Predictions *valid = of ? record_predictions(task->runs, job_from(task->job), "valid.safetensors", err) : NULL;
    if (!valid) return err ? err->code : ERR_IO;
    Status done = calibrator_fit(fit, of, valid, err);
    predictions_release(valid);
    return done;
}

/* "T = 1.7359, NLL on valid 0.2270 -> 0.1831" */
static Status say_fit(const JobTask *task, const Fit *fit, const double nll[2], Err *err)
{
    Event log = task_event(task, EVENT_LOG);
    char found[128];
    fit->of->tell(fit, found, sizeof found);
    snprintf(log.as.log.text, sizeof log.as.log.text, "%s%s, NLL on valid %.4f -> %.4f", found,
             fit->at_bound ? " (at the bound of the search)" : "", nll[0], nll[1]);
    return task_emit(task, &log, err);
}

Status calibrate_run(const JobTask *task, Err *err)
{
    Job parent;
    Event stage;
    Fit fit = {0};
    Result result = {.task = task};
    double valid[2], test[2];
    Status done;
    TRY(done = task_parent(task, 0, &parent, err));
    TRY(done = task_begin(task, &stage, err));
    TRY(done = task_emit(task, &stage, err));
    TRY(done = fit_parent(task, &fit, err));
    TRY(done = write_fit(task, &fit, err));
    TRY(done = apply_to(&result, &fit, SPLIT_VALID, valid, err));
    TRY(done = apply_to(&result, &fit, SPLIT_TEST, test, err));
    TRY(done = say_fit(task, &fit, valid, err));
    done = result_write(
        &result, json_pack("{s:{s:s, s:b}}", "calibrator", "method", fit.of->name, "at_bound", fit.at_bound), err);
fail:
    result_free(&result);
    fit_free(&fit);
    return done;
}
