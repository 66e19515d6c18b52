/* fuzz_config.c - config.json. A job that is read and written again is read as the same job. */
#include "fuzz/fuzz.h"

#include "run/job.h"
#include "run/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Job job, again;
    Err err;
    fuzz_put("run/config.json", data, size);
    json_t *json = record_read_json(fuzz_folder(), "run", "config.json", &err);
    if (!json) return 0;
    if (job_from_json(&job, json, &err) == OK) {
        json_t *copy = job_to_json(&job);
        if (job_from_json(&again, copy, &err) != OK) fuzz_fail(err.msg);
        if (!job_same(&job, &again)) fuzz_fail("another job");
        json_decref(copy);
    }
    json_decref(json);
    return 0;
}
