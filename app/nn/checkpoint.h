/* checkpoint.h - a network's parameters and running statistics as tensors of a safetensors file, and back. */
#ifndef TARE_NN_CHECKPOINT_H
#define TARE_NN_CHECKPOINT_H

#include "file/safetensors.h"
#include "nn/net.h"

/* All parameters and running statistics under prefix + their names; loading wants each with its exact shape and finite
 * values, and names the first that is missing or wrong. */
Status net_to_tensors(const Net *net, const char *prefix, TensorFile *f, Err *err);
Status net_from_tensors(Net *net, const char *prefix, const TensorFile *f, const char *path, Err *err);

/* *found = the tensor of this name, which has p's shape and finite values. ERR_FORMAT names what does not fit. */
Status tensor_fits(const Param *p, const char *name, const TensorFile *f, const char *path, const Array **found,
                   Err *err);

#endif
