/* command.h - what can be asked of a run while it works. Commands take effect between two steps. */
#ifndef TARE_RUN_COMMAND_H
#define TARE_RUN_COMMAND_H

typedef enum {
    COMMAND_PAUSE,
    COMMAND_GO,     /* end a pause */
    COMMAND_STEP,   /* value steps, then pause */
    COMMAND_SET_LR, /* value: the new base learning rate; the schedule goes on from it */
    COMMAND_STOP,   /* checkpoint and end */
} CommandType;

typedef struct {
    CommandType type;
    double value;
} Command;

#endif
