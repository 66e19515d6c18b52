/* err.h - how a function fails: a status code, and a message that says what, where and what to do. */
#ifndef TARE_BASE_ERR_H
#define TARE_BASE_ERR_H

typedef enum {
    OK = 0,
    ERR_USAGE,       /* an option or argument that cannot be: the caller's to mend */
    ERR_IO,          /* the system refused: open, read, write, rename, lock */
    ERR_FORMAT,      /* a file that is not what it should be */
    ERR_MEMORY,      /* no memory */
    ERR_STATE,       /* right call, wrong time: a body in use, a run that has not finished */
    ERR_DIVERGED,    /* a loss or a weight that is no number */
    ERR_LIMIT,       /* larger than a limit; who set it says how to lift it */
    ERR_INTERRUPTED, /* stopped on request; a checkpoint is kept */
} Status;

typedef struct {
    Status code;
    char msg[1024];
} Err;

/* Set *err and return code, so that `return err_set(err, ERR_IO, "...")` fails in one line. err may be NULL. */
Status err_set(Err *err, Status code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set for a failed system call: ": " and strerror(errno) are appended. */
Status err_sys(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put context before a message that is already set: "runs/base/config.json: " + what was there. */
Status err_prefix(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put advice behind a message that is already set. */
Status err_suffix(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Leave for the single clean-up at `fail:` when a step fails; the step has set err. */
#define TRY(step)                                                                                                      \
    do {                                                                                                               \
        if ((step) != OK) goto fail;                                                                                   \
    } while (0)

#endif
