/* predictions_file.c - predictions as the tensors of a file: "logits", "logp" or "p" (n, classes), float32 or float64,
 * and "labels" (n) int32. Pure functions; any thread. */
#include "run/folder.h"

/* For people, in the file's metadata. */
static const char *const meaning[SAID_FORMS] = {
    [SAID_LOGITS] = "logits, before the softmax",
    [SAID_LOGP] = "log-probabilities: the log of the mean of the softmaxes over the draws of a variational layer",
    [SAID_P] = "probabilities, as they were stated",
};

Status predictions_to_tensors(const Predictions *pred, TensorFile *f, Err *err)
{
    const ptrdiff_t shape[] = {pred->n, pred->classes};
    ArrayType type = pred->wide ? ARRAY_F64 : ARRAY_F32;
    Status done = tensors_add(f, said_name[pred->form], type, 2, shape, pred->values, err);
    if (done == OK) done = tensors_add(f, "labels", ARRAY_I32, 1, shape, pred->labels, err);
    return done == OK ? tensors_meta(f, "predictions", meaning[pred->form], err) : done;
}

Predictions *predictions_from_tensors(const TensorFile *f, Err *err)
{
    const Array *values = NULL, *labels = tensors_find(f, "labels");
    SaidForm form = 0;
    for (; form < SAID_FORMS; form++)
        if ((values = tensors_find(f, said_name[form]))) break;
    if (!values || values->dims != 2 || (values->type != ARRAY_F32 && values->type != ARRAY_F64)) {
        err_set(err, ERR_FORMAT, "no tensor \"logits\", \"logp\" or \"p\" of (n, classes) float32 or float64");
        return NULL;
    }
    if (!labels || labels->type != ARRAY_I32 || labels->dims != 1 || labels->shape[0] != values->shape[0]) {
        err_set(err, ERR_FORMAT, "no tensor \"labels\" of %td int32", values->shape[0]);
        return NULL;
    }
    return predictions_new(form, values->type == ARRAY_F64, values->shape[0], values->shape[1], values->data,
                           labels->data, err);
}
