/* plan.c - a tape's memory: which slot lies where, planned once from shapes and from who reads what when. One thread.
 *
 * Time runs over the operations forward (0 .. ops - 1), then back (ops .. 2 ops - 1). A value or a gradient lives
 * from the step that writes it first to the step that reads it last; a buffer whose tenant has died takes the next
 * value of the same shape. Only of the same shape, because the zero borders of images must stay where they are. What a
 * cheap operation wrote is let go after its last reader, and computed again for the way back. */
#include "nn/tape.h"

#include <assert.h>
#include <stdlib.h>

/* Rows of a chunk: the bits of a result depend on them, so they are a function of the network alone. */
enum { CHUNK_IMAGES = 8, CHUNK_ROWS = 64 };
static const double chunk_flops = 2e9; /* large networks take fewer: a small batch keeps all threads busy */

typedef struct {
    Shape shape;
    ptrdiff_t offset; /* floats */
    int until;        /* when its tenant dies */
} Buffer;

typedef struct {
    int birth, death; /* birth = -1: never there */
} Life;

void *carve(Carver *c, size_t bytes)
{
    c->bytes += (bytes + 63) & ~(size_t)63;
    return c->dry ? NULL : arena_alloc(&c->arena, bytes);
}

static bool same_shape(Shape a, Shape b)
{
    return a.h == b.h && a.w == b.w && a.c == b.c;
}

typedef struct {
    Life value, again, grad;
} SlotLife;

/* Operation i reads `in` last; when it goes back, the value must be there too. */
static void read_value(SlotLife *in, const Net *net, int slot, int i, bool back)
{
    const int time = 2 * net->ops - 1 - i;
    const bool cheap = slot > 0 && net->op[slot - 1].kind->cheap;
    if (back && cheap) {
        in->again.birth = time; /* the last reader is the first on the way back */
        if (in->again.death < time) in->again.death = time;
    }
    const int until = back && !cheap ? time : i;
    if (until > in->value.death) in->value.death = until;
}

/* life[s] = when slot s and its gradient are needed. */
static void lifetimes(const Net *net, bool training, SlotLife *life)
{
    const Life never = {-1, -1};
    for (int s = 0; s < net->slots; s++) life[s] = (SlotLife){never, never, never};
    for (int i = 0; i < net->ops; i++) {
        const Op *op = &net->op[i];
        int back = 2 * net->ops - 1 - i; /* the time at which operation i goes back */
        /* born by operation i; without readers, and not needed on the way back, it dies at once */
        life[op->out].value = (Life){i, training && op->kind->keeps_out ? back : i};
        for (int k = 0; k < 2 && op->in[k] >= 0; k++) {
            assert(!op->kind->cheap || op->in[k] == 0 || !net->op[op->in[k] - 1].kind->cheap);
            read_value(&life[op->in[k]], net, op->in[k], i, training && op->kind->keeps_in);
            life[op->in[k]].grad.birth = back; /* the last reader is the first that writes the gradient */
        }
        life[op->out].grad.death = back;
    }
}

/* The offset for a value of this shape and life: in a buffer that is free by then, or behind all others. */
static ptrdiff_t place(Tape *t, Buffer *buffer, int *buffers, Shape shape, Life life)
{
    for (int b = 0; b < *buffers; b++) {
        if (buffer[b].until >= life.birth || !same_shape(buffer[b].shape, shape)) continue;
        buffer[b].until = life.death;
        return buffer[b].offset;
    }
    ptrdiff_t offset = t->block_floats, floats = t->chunk_rows * shape_floats(shape);
    buffer[(*buffers)++] = (Buffer){shape, offset, life.death};
    t->block_floats += (floats + 15) & ~(ptrdiff_t)15;
    return offset;
}

/* Give every slot but input and output its place in a chunk's block. buffer: room for 3 slots each. */
static void place_slots(Tape *t, const Net *net, Buffer *buffer, SlotLife *life)
{
    /* Forward in the order of births, then back in the order of time: a greedy choice is optimal for intervals of one
     * shape, each being placed when it begins. */
    int buffers = 0;
    lifetimes(net, t->training, life);
    for (int s = 1; s < net->slots - 1; s++) {
        t->slot[s].value = t->slot[s].again = place(t, buffer, &buffers, net->slot[s], life[s].value);
        t->slot[s].reader = life[s].again.birth < 0 ? -1 : 2 * net->ops - 1 - life[s].again.birth;
    }
    for (int time = net->ops; t->training && time < 2 * net->ops; time++)
        for (int s = 1; s < net->slots - 1; s++) {
            SlotPlan *slot = &t->slot[s];
            if (life[s].again.birth == time) slot->again = place(t, buffer, &buffers, net->slot[s], life[s].again);
            if (slot->wanted && life[s].grad.birth == time)
                slot->grad = place(t, buffer, &buffers, net->slot[s], life[s].grad);
        }
}

/* One piece of scratch memory behind a chunk's slots: the operations take turns. */
static void place_scratch(Tape *t, const Net *net)
{
    ptrdiff_t most = 0;
    for (int i = 0; i < net->ops; i++) {
        const Op *op = &net->op[i];
        ptrdiff_t floats = op->kind->scratch ? op->kind->scratch(op) : 0;
        if (floats > most) most = floats;
    }
    t->scratch = t->block_floats;
    t->block_floats += (most + 15) & ~(ptrdiff_t)15;
}

/* Which gradients are wanted at all, and which operation is the first to write one (the others add). */
static void plan_gradients(Tape *t, const Net *net, SlotLife *seen)
{
    /* a gradient is wanted where a parameter lies at or above it */
    for (int i = 0; i < net->ops; i++) {
        const Op *op = &net->op[i];
        t->slot[op->out].wanted =
            op->param[0] >= 0 || t->slot[op->in[0]].wanted || (op->in[1] >= 0 && t->slot[op->in[1]].wanted);
    }
    /* a slot that is read twice (a residual) gets the sum of two gradients: the first to write sets, the second adds */
    for (int s = 0; s < net->slots; s++) seen[s].grad.birth = 0;
    for (int i = net->ops - 1; i >= 0; i--)
        for (int k = 0; k < 2 && net->op[i].in[k] >= 0; k++) t->add[i][k] = seen[net->op[i].in[k]].grad.birth++ > 0;
}

/* Everything that lies in the arena. */
static void lay_out(Tape *t, const Net *net)
{
    Carver *c = &t->carver;
    ptrdiff_t in = shape_floats(net->input), out = shape_floats(net->output);
    t->input = CARVE_FLOATS(c, t->rows * in);
    t->output = CARVE_FLOATS(c, t->rows * out);
    if (t->training) {
        t->output_grad = CARVE_FLOATS(c, t->rows * out);
        if (!net->input.h) t->input_grad = CARVE_FLOATS(c, t->rows * in);
        t->grads = CARVE_FLOATS(c, net->trained);
    }
    t->block = CARVE_FLOATS(c, t->chunks * t->block_floats);
    for (int i = 0; i < net->ops; i++) {
        const Op *op = &net->op[i];
        if (op->kind->plan) op->kind->plan(net, op, &t->state[i], c, t->rows, t->chunks, t->training);
        if (op->kind != &op_gaussian) continue;
        t->kl = t->state[i].kl;
        t->mean_p = carve(c, (size_t)(t->rows * net->output.c) * sizeof(double));
    }
}

static ptrdiff_t rows_of_chunk(const Net *net)
{
    ptrdiff_t rows = CHUNK_ROWS;
    for (int i = 0; i < net->ops; i++)
        if (net->op[i].kind == &op_conv || net->op[i].kind == &op_patches) rows = CHUNK_IMAGES;
    /* by halves, from the network alone: neither batch nor threads may decide what is summed with what */
    while (rows > 1 && (double)rows * net_flops(net) > chunk_flops) rows /= 2;
    return rows;
}

/* A tape without its memory, which has been counted. */
static Tape *tape_planned(const Net *net, ptrdiff_t rows, bool training, Err *err)
{
    assert(rows > 0 && net->ops > 0);
    size_t slots = (size_t)net->slots, ops = (size_t)net->ops;
    Buffer *buffer = calloc(3 * slots, sizeof *buffer);
    SlotLife *life = calloc(slots, sizeof *life);
    Tape *t = calloc(1, sizeof *t);
    if (!t || !buffer || !life) goto no_memory;
    t->rows = rows;
    t->training = training;
    t->chunk_rows = rows_of_chunk(net);
    t->chunks = (rows + t->chunk_rows - 1) / t->chunk_rows;
    t->slot = calloc(slots, sizeof *t->slot);
    t->state = calloc(ops, sizeof *t->state);
    t->add = calloc(ops, sizeof *t->add);
    t->step = calloc(3 * ops, sizeof *t->step);
    if (!t->slot || !t->state || !t->add || !t->step) goto no_memory;
    plan_gradients(t, net, life);
    place_slots(t, net, buffer, life);
    place_scratch(t, net);
    t->carver.dry = true;
    lay_out(t, net);
    free(buffer);
    free(life);
    return t;
no_memory:
    err_set(err, ERR_MEMORY, "no memory for the plan of a network of %d operations", net->ops);
    free(buffer);
    free(life);
    tape_close(t);
    return NULL;
}

/* Laid out twice by the same code: dry, to count the bytes, then in an arena of just that size. */
Tape *tape_open(const Net *net, ptrdiff_t rows, bool training, Err *err)
{
    Tape *t = tape_planned(net, rows, training, err);
    if (!t) return NULL;
    if (arena_open(&t->carver.arena, t->carver.bytes, err) != OK) {
        tape_close(t);
        return NULL;
    }
    t->carver.dry = false;
    t->carver.bytes = 0;
    lay_out(t, net);
    return t;
}

size_t tape_need(const Net *net, ptrdiff_t rows, bool training, Err *err)
{
    Tape *t = tape_planned(net, rows, training, err);
    size_t bytes = t ? t->carver.bytes : 0;
    tape_close(t);
    return bytes;
}

void tape_close(Tape *t)
{
    if (!t) return;
    arena_close(&t->carver.arena);
    free(t->slot);
    free(t->state);
    free(t->add);
    free(t->step);
    free(t);
}
