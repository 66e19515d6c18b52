/* summary.h - what a network is made of, layer by layer. Pure functions; any thread. */
#ifndef TARE_NN_SUMMARY_H
#define TARE_NN_SUMMARY_H

#include "nn/net.h"

typedef struct {
    char name[PARAM_NAME_SIZE]; /* "layer.0.block.0.conv_0"; "" where it has no parameters */
    const char *operation;      /* "conv" */
    Shape output;
    ptrdiff_t parameters; /* trained */
    double flops;         /* multiply-adds x 2 of one row's forward pass */
    bool plain;           /* neither computes with weights nor changes the shape: ReLU, addition, dropout */
} Layer;

/* Layer 0 .. net->ops - 1. */
Layer net_layer(const Net *net, int index);

#endif
