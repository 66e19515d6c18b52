/* export.c - what a run of tare starts from, as one file that other software reads.
 *
 *     export RUNS/NAME OUT.safetensors
 *
 * Reads the run's config.json alone, so that it may come before, while or after the run is trained. Writes
 *     body.*, head.*     the first weights, drawn from the run's seed as stage 1 draws them
 *     order              (epochs, n) int32: the training images of each epoch in their order
 *     train, test        (n) int32: which records of the data set's files these splits are made of */
#include "file/whole.h"
#include "data/batch.h"
#include "nn/checkpoint.h"
#include "run/job.h"

#include <stdio.h>
#include <stdlib.h>

/* What is written, and what it is made of. */
typedef struct {
    Job job;
    Dataset *data;
    Net *body, *head;
    int32_t *order;
} Start;

static Status read_job(Job *job, const char *folder, Err *err)
{
    char path[PATH_SIZE];
    json_error_t where;
    TRY(path_join(path, folder, "config.json", err));
    json_t *config = json_load_file(path, 0, &where);
    if (!config) return err_set(err, ERR_FORMAT, "no run in %s: %s", folder, where.text);
    Status read = job_from_json(job, config, err);
    json_decref(config);
    return read;
fail:
    return err->code;
}

/* The nets as a training opens them (app/engine/state.c). */
static Status open_nets(Start *s, Err *err)
{
    const Dataset *d = s->data;
    const HeadSpec linear = {.kind = "linear"};
    uint64_t seed = (uint64_t)s->job.train.seed;
    if (!(s->body = net_body(&s->job.model, (Shape){d->h, d->w, d->c}, err))) return err->code;
    if (!(s->head = net_head(&linear, s->body->output.c, d->classes, err))) return err->code;
    net_init(s->body, seed, 0);
    net_init(s->head, seed, 1);
    return OK;
}

static Status draw_orders(Start *s, Err *err)
{
    ptrdiff_t n = s->data->split[SPLIT_TRAIN].n, epochs = (ptrdiff_t)s->job.train.epochs;
    s->order = malloc((size_t)(epochs * n) * sizeof *s->order);
    if (!s->order) return err_set(err, ERR_MEMORY, "no memory for the orders of %td epochs", epochs);
    for (ptrdiff_t epoch = 0; epoch < epochs; epoch++)
        batch_order(s->order + epoch * n, n, (uint64_t)s->job.train.seed, (uint32_t)epoch);
    return OK;
}

static Status write_start(const Start *s, const char *path, Err *err)
{
    const Split *train = &s->data->split[SPLIT_TRAIN], *test = &s->data->split[SPLIT_TEST];
    ptrdiff_t shape[2] = {(ptrdiff_t)s->job.train.epochs, train->n};
    TensorFile f;
    tensors_init(&f);
    TRY(net_to_tensors(s->body, "body.", &f, err));
    TRY(net_to_tensors(s->head, "head.", &f, err));
    TRY(tensors_add(&f, "order", ARRAY_I32, 2, shape, s->order, err));
    TRY(tensors_add(&f, "train", ARRAY_I32, 1, &train->n, train->source, err));
    TRY(tensors_add(&f, "test", ARRAY_I32, 1, &test->n, test->source, err));
    TRY(tensors_write(path, &f, err));
    tensors_free(&f);
    return OK;
fail:
    tensors_free(&f);
    return err->code;
}

static Status export_start(Start *s, const char *folder, const char *path, Err *err)
{
    TRY(read_job(&s->job, folder, err));
    if (s->job.kind->stage != 1 || !option_find(s->job.kind->options, "epochs") || s->job.train.steps > 0)
        return err_set(err, ERR_USAGE, "%s: only a stage 1 whose length is in epochs can be exported", folder);
    if (!(s->data = dataset_load(&s->job.data, err))) goto fail;
    TRY(open_nets(s, err));
    TRY(draw_orders(s, err));
    TRY(write_start(s, path, err));
    return OK;
fail:
    return err->code;
}

int main(int argc, char **argv)
{
    Err err = {0};
    Start start = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: export RUNS/NAME OUT.safetensors\n");
        return 2;
    }
    if (export_start(&start, argv[1], argv[2], &err) != OK) fprintf(stderr, "export: %s\n", err.msg);
    net_release(start.body);
    net_release(start.head);
    dataset_release(start.data);
    free(start.order);
    return err.code == OK ? 0 : 1;
}
