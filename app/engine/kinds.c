/* kinds.c - the kinds of work: one row each, with all that is known of it. */
#include "run/job.h"
#include "train/calibrate.h"
#include "train/course.h"
#include "train/import.h"

enum { RANK_BASE, RANK_CALIBRATED, RANK_TST, RANK_VTST };

const JobKind job_kinds[] = {
    {"stage1", "stage 1", "", "base", RANK_BASE, LANE_WORKER, 0, 0, true, "train", stage1_options, "linear", 1,
     job_check_training, train},
    {"tst", "TST", "TST end to end", "TST", RANK_TST, LANE_WORKER, 0, 1, true, "train", tst_options, "tst", 2,
     job_check_training, train},
    {"vtst", "V-TST", "V-TST end to end", "V-TST", RANK_VTST, LANE_WORKER, 0, 1, true, "train", vtst_options, "vtst", 2,
     job_check_training, train},
    {"import", "imported", "", "base", RANK_BASE, LANE_WORKER, 0, 0, true, "train", import_options, "linear", 1,
     job_check_network, import_run},
    {"import_tst", "imported TST", "", "TST", RANK_TST, LANE_WORKER, 0, 0, true, "train", import_tst_options, "tst", 2,
     job_check_network, import_run},
    {"import_vtst", "imported V-TST", "", "V-TST", RANK_VTST, LANE_WORKER, 0, 0, true, "train", import_vtst_options,
     "vtst", 2, job_check_network, import_run},
    {"calibrate", NULL, NULL, NULL, RANK_CALIBRATED, LANE_ANALYST, 1, 1, false, "calibrate", calibrate_options, "", 2,
     calibrate_check, calibrate_run},
    {0},
};
