/* attention_vec.h - attention of one image, head by head, for vectors of LANES floats; included by vector_*.c.
 *
 * Scores lie transposed, (tokens, queries): the lanes of a vector are queries, so that a softmax is a loop over rows
 * and nothing is summed across lanes. Heads are narrow and sequences short: what products need in rows of whole blocks
 * of 16 is copied so, padded with zeros, and all of a head's work stays in the cache. */
#include "kernel/vector.h"
#include "kernel/vector_types.h"

#include <math.h>

/* ---- small matrices ---- */

/* Element (i, j) lies at p[i * row + j * column]. */
typedef struct {
    const float *p;
    ptrdiff_t row, column;
} Matrix;

/* c (rows, GROUP), of which `lanes` columns exist, = a (rows, depth) b (depth, GROUP), b's rows `step` apart. */
INLINE void product_tile(float *c, ptrdiff_t c_row, const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b,
                         ptrdiff_t step, ptrdiff_t depth, int rows, ptrdiff_t lanes)
{
    Vec sum[TILE][VECS];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECS; v++) sum[i][v] = (Vec){0};
    for (ptrdiff_t k = 0; k < depth; k++, a += a_column, b += step)
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < VECS; v++) sum[i][v] += a[i * a_row] * *(const VecInMemory *)(b + v * LANES);
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECS; v++) vec_store(c + i * c_row + v * LANES, sum[i][v], lanes - v * LANES);
}

/* GROUP columns of c, all m rows. */
INLINE void product_columns(float *c, ptrdiff_t c_row, Matrix a, const float *b, ptrdiff_t step, ptrdiff_t m,
                            ptrdiff_t depth, ptrdiff_t lanes)
{
    ptrdiff_t i = 0;
    for (; i + TILE <= m; i += TILE)
        product_tile(c + i * c_row, c_row, a.p + i * a.row, a.row, a.column, b, step, depth, TILE, lanes);
    for (; i + 4 <= m; i += 4)
        product_tile(c + i * c_row, c_row, a.p + i * a.row, a.row, a.column, b, step, depth, 4, lanes);
    for (; i < m; i++) product_tile(c + i * c_row, c_row, a.p + i * a.row, a.row, a.column, b, step, depth, 1, lanes);
}

/* c (m, n) = a (m, depth) b (depth, n); b's rows are `step` floats, zeros from n on. */
static void small_product(float *c, ptrdiff_t c_row, Matrix a, const float *b, ptrdiff_t step, ptrdiff_t m, ptrdiff_t n,
                          ptrdiff_t depth)
{
    for (ptrdiff_t j = 0; j < n; j += GROUP) {
        if (n - j >= GROUP) /* a constant, so that no store looks at it */
            product_columns(c + j, c_row, a, b + j, step, m, depth, GROUP);
        else
            product_columns(c + j, c_row, a, b + j, step, m, depth, n - j);
    }
}

/* The rows (rows, n) at src, `step` apart, such that whole blocks of 16 can be read: as they lie, or copied and padded
 * with zeros. Only p and row of the answer count. */
static Matrix whole_rows(float *room, const float *src, ptrdiff_t step, ptrdiff_t rows, ptrdiff_t n)
{
    const ptrdiff_t wide = padded(n);
    if (wide == n) return (Matrix){src, step, 1};
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < n; j++) room[i * wide + j] = src[i * step + j];
        for (ptrdiff_t j = n; j < wide; j++) room[i * wide + j] = 0;
    }
    return (Matrix){room, wide, 1};
}

/* dst (n, padded(rows)) = the transpose of src (rows, n), zeros behind. */
static void transpose(float *dst, const float *src, ptrdiff_t step, ptrdiff_t rows, ptrdiff_t n)
{
    const ptrdiff_t wide = padded(rows);
    for (ptrdiff_t i = 0; i < rows; i++, src += step)
        for (ptrdiff_t j = 0; j < n; j++) dst[j * wide + i] = src[j];
    for (ptrdiff_t i = rows; i < wide; i++)
        for (ptrdiff_t j = 0; j < n; j++) dst[j * wide + i] = 0;
}

/* ---- columns of scores ---- */

/* LANES columns s of (tokens, wide) scores, a column for each query, become e^(scale (s - most)), with most and their
 * sums. */
INLINE void exp_columns(float *s, float *most, float *sum, ptrdiff_t tokens, ptrdiff_t wide, float scale)
{
    /* e^(s - most) is at most 1, and 1 at least once: no overflow, and no sum of zero */
    Vec top = *(VecInMemory *)s, sums = {0};
    for (ptrdiff_t j = 1; j < tokens; j++) top = vec_max(top, *(VecInMemory *)(s + j * wide));
    for (ptrdiff_t j = 0; j < tokens; j++) {
        const Vec e = vec_exp_negative((*(VecInMemory *)(s + j * wide) - top) * scale);
        *(VecInMemory *)(s + j * wide) = e;
        sums += e;
    }
    *(VecInMemory *)most = top * scale;
    *(VecInMemory *)sum = sums;
}

/* LANES columns of scores s and of dp = v dy' become probabilities p and ds = scale p (dp - sum of p dp): the Jacobian
 * of a softmax, dp_i / ds_j = p_i ([i = j] - p_j), times dp. The probabilities come again from s and the log of their
 * sum, which is cheaper than having kept (queries, tokens) floats for every head. */
INLINE void backward_columns(float *s, float *dp, const float *log_sum, ptrdiff_t tokens, ptrdiff_t wide, float scale)
{
    const Vec shift = *(const VecInMemory *)log_sum;
    Vec mean = {0};
    for (ptrdiff_t j = 0; j < tokens; j++) {
        const Vec p = vec_exp_negative(*(VecInMemory *)(s + j * wide) * scale - shift);
        *(VecInMemory *)(s + j * wide) = p;
        mean += p * *(VecInMemory *)(dp + j * wide);
    }
    for (ptrdiff_t j = 0; j < tokens; j++) {
        VecInMemory *d = (VecInMemory *)(dp + j * wide);
        *d = (*d - mean) * *(VecInMemory *)(s + j * wide) * scale;
    }
}

/* ---- one image ---- */

/* What a head's work lies in; see attention_scratch. */
typedef struct {
    ptrdiff_t head, wide; /* floats of a head, of a row of scores */
    float scale;
    float *turned[2]; /* (head, wide) */
    float *rows[3];   /* (tokens, padded head) */
    float *scores[2]; /* (tokens, wide) */
    float *figure[2]; /* (wide) */
} Head;

static Head head_of(float *scratch, const AttentionShape *s)
{
    Head h = {.head = s->width / s->heads, .wide = padded(s->queries)};
    h.scale = 1 / sqrtf((float)h.head);
    for (int i = 0; i < 2; i++, scratch += h.head * h.wide) h.turned[i] = scratch;
    for (int i = 0; i < 3; i++, scratch += s->tokens * padded(h.head)) h.rows[i] = scratch;
    for (int i = 0; i < 2; i++, scratch += s->tokens * h.wide) h.scores[i] = scratch;
    for (int i = 0; i < 2; i++, scratch += h.wide) h.figure[i] = scratch;
    return h;
}

/* Of each head, with q, k, v (tokens, head) and everything transposed where queries can be lanes:
 *
 *     S' = k q'  (tokens, queries);  P' = softmax over the tokens of S' / sqrt(head);  y = P v
 *
 * The denominators divide the rows of y, not P: head floats a query instead of tokens. */
static void attention_image(float *y, float *log_sum, const float *qkv, float *scratch, const AttentionShape *s)
{
    const Head h = head_of(scratch, s);
    const ptrdiff_t step = 3 * s->width, tokens = s->tokens, queries = s->queries, wide = h.wide;
    float *p = h.scores[0], *most = h.figure[0], *sum = h.figure[1];
    for (ptrdiff_t head = 0; head < s->heads; head++, qkv += h.head, y += h.head, log_sum += queries) {
        const Matrix keys = {qkv + s->width, step, 1};
        const Matrix values = whole_rows(h.rows[0], qkv + 2 * s->width, step, tokens, h.head);
        /* S' = k q', then e^(...) in place */
        transpose(h.turned[0], qkv, step, queries, h.head);
        small_product(p, wide, keys, h.turned[0], wide, tokens, wide, h.head);
        for (ptrdiff_t i = 0; i < wide; i += LANES) exp_columns(p + i, most + i, sum + i, tokens, wide, h.scale);
        small_product(y, s->width, (Matrix){p, 1, wide}, values.p, values.row, queries, h.head, tokens);
        for (ptrdiff_t i = 0; i < queries; i++) {
            const float part = 1 / sum[i];
            for (ptrdiff_t j = 0; j < h.head; j++) y[i * s->width + j] *= part;
            log_sum[i] = most[i] + logf(sum[i]);
        }
    }
}

/* With dy given, P' and its way back as above:
 *
 *     dP' = v dy',  dS = P (dP - rowsum(P dP)) / sqrt(head),  dq = dS k,  dk = dS' q,  dv = P' dy
 *
 * Five products of the forward's two sizes: two to find P' and dP', one for each gradient. */
static void attention_backward_image(float *dqkv, const float *dy, const float *qkv, const float *log_sum,
                                     float *scratch, const AttentionShape *s)
{
    const Head h = head_of(scratch, s);
    const ptrdiff_t step = 3 * s->width, tokens = s->tokens, queries = s->queries, wide = h.wide;
    float *p = h.scores[0], *ds = h.scores[1], *shift = h.figure[0];
    for (ptrdiff_t head = 0; head < s->heads; head++, qkv += h.head, dqkv += h.head, dy += h.head) {
        const Matrix query_rows = whole_rows(h.rows[0], qkv, step, queries, h.head);
        const Matrix key_rows = whole_rows(h.rows[1], qkv + s->width, step, tokens, h.head);
        const Matrix dy_rows = whole_rows(h.rows[2], dy, s->width, queries, h.head);
        const Matrix keys = {qkv + s->width, step, 1}, values = {qkv + 2 * s->width, step, 1};
        transpose(h.turned[0], qkv, step, queries, h.head);
        transpose(h.turned[1], dy, s->width, queries, h.head);
        /* P' from S' and dS' from dP', side by side; columns behind the last query are zeros and stay finite */
        small_product(p, wide, keys, h.turned[0], wide, tokens, wide, h.head);
        small_product(ds, wide, values, h.turned[1], wide, tokens, wide, h.head);
        for (ptrdiff_t i = 0; i < wide; i++) shift[i] = i < queries ? *log_sum++ : 0;
        for (ptrdiff_t i = 0; i < wide; i += LANES) backward_columns(p + i, ds + i, shift + i, tokens, wide, h.scale);
        /* dq, dk, dv, into the thirds of the token's row */
        small_product(dqkv, step, (Matrix){ds, 1, wide}, key_rows.p, key_rows.row, queries, h.head, tokens);
        for (ptrdiff_t i = queries; i < tokens; i++) /* these did not ask */
            memset(dqkv + i * step, 0, (size_t)h.head * sizeof *dqkv);
        small_product(dqkv + s->width, step, (Matrix){ds, wide, 1}, query_rows.p, query_rows.row, tokens, h.head,
                      queries);
        small_product(dqkv + 2 * s->width, step, (Matrix){p, wide, 1}, dy_rows.p, dy_rows.row, tokens, h.head, queries);
    }
}
