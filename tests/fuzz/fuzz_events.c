/* fuzz_events.c - events.jsonl, folded at once and bit by bit: what one way accepts the other does, with the same fold.
 */
#include "fuzz/fuzz.h"

#include "run/record.h"
#include "run/replay.h"
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    RunLog whole, replayed;
    Replay r;
    int folded = 0;
    fuzz_put("run/config.json", "{}", 2);
    fuzz_put("run/events.jsonl", data, size);
    runlog_init(&whole);
    runlog_init(&replayed);
    Status read = record_fold(fuzz_folder(), "run", &whole, NULL);
    if (replay_open(&r, fuzz_folder(), "run", NULL) != OK) fuzz_fail("it cannot be opened");
    Status again = replay_fold(&r, (double)INFINITY, &replayed, &folded, NULL);
    replay_close(&r);
    if (read != OK && again == OK) fuzz_fail("a replay accepts what a fold refuses");
    if (read == OK && again == OK && runlog_digest(&whole) != runlog_digest(&replayed)) fuzz_fail("two folds differ");
    runlog_free(&whole);
    runlog_free(&replayed);
    return 0;
}
