/* vector_table.h - the table that each vector_*.c exports (vector.h). */
const VectorKernels VECTOR_TABLE = {
    .name = VECTOR_NAME,
    .conv_sweep = conv_sweep,
    .conv_gradient = conv_gradient,
    .bn_sums = bn_sums_row,
    .bn_relu = bn_relu_row,
    .bn_relu_backward_sums = bn_relu_backward_sums_row,
    .bn_relu_backward = bn_relu_backward_row,
    .layer_norm = layer_norm_rows,
    .layer_norm_backward = layer_norm_backward_rows,
    .attention = attention_image,
    .attention_backward = attention_backward_image,
    .gelu = gelu_range,
    .gelu_backward = gelu_backward_range,
    .adam = adam_range,
    .gaussian_row = gaussian_forward_row,
    .gaussian_backward = gaussian_backward_range,
};
