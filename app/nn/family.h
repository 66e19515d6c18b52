/* family.h - the rows of the table of families: one check and one builder each. For nn only. */
#ifndef TARE_NN_FAMILY_H
#define TARE_NN_FAMILY_H

#include "nn/net.h"

Status wrn_check(const ModelSpec *spec, Shape image, Err *err);
Status wrn_build(Net *net, const ModelSpec *spec, Shape image, Err *err);
Status vit_check(const ModelSpec *spec, Shape image, Err *err);
Status vit_build(Net *net, const ModelSpec *spec, Shape image, Err *err);
Status cnn_check(const ModelSpec *spec, Shape image, Err *err);
Status cnn_build(Net *net, const ModelSpec *spec, Shape image, Err *err);
Status mlp_check(const ModelSpec *spec, Shape image, Err *err);
Status mlp_build(Net *net, const ModelSpec *spec, Shape image, Err *err);

#endif
