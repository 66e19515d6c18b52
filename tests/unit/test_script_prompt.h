/* test_script_prompt.h - a prompt without a screen: a script on an engine, with some globals; what is typed is run. */
#ifndef TARE_TEST_SCRIPT_PROMPT_H
#define TARE_TEST_SCRIPT_PROMPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "script/complete.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a prompt: a script on an engine, with some globals ---- */

static char folder[64];
static Engine *engine;
static Script *script;

/* What io.read gets, one after the other, in each line. */
static const char *const answer[] = {"first", "0x10", "third"};
static int answers;

static inline void pump(void *arg)
{
    (void)arg;
    Event event;
    Run *run;
    while (engine_drain(engine, &event, &run)) script_event(script, &event, run);
    if (script_asks(script)) script_answer(script, answer[answers++ % 3]);
}

/* A screen that remembers what it was told to show. */
static char shown[4][32] = {"train", "loss", ""};
static ScreenState looked_at = {shown[0], shown[1], shown[2], 10, false, false, 0, false};

static inline void get_screen(void *arg, ScreenState *state)
{
    (void)arg;
    *state = looked_at;
}

static inline Status set_screen(void *arg, const ScreenState *state, Err *err)
{
    (void)arg;
    if (strcmp(state->layout, "none") == 0) return err_set(err, ERR_USAGE, "no layout 'none'");
    snprintf(shown[0], sizeof shown[0], "%s", state->layout);
    if (*state->pane) snprintf(shown[1], sizeof shown[1], "%s", state->pane);
    snprintf(shown[2], sizeof shown[2], "%s", state->run);
    looked_at.bins = state->bins;
    looked_at.zoom = state->zoom;
    looked_at.log_loss = state->log_loss;
    return OK;
}

static inline const char *layout_name(int i)
{
    static const char *const names[] = {"train", "calibration", NULL};
    return names[i];
}

static inline const char *pane_name(int i)
{
    static const char *const names[] = {"loss", "log", NULL};
    return names[i];
}

/* What takes the screen, when it takes pages. */
static bool takes_pages;
static char page_title[64], page_begin[64];

static inline bool show_page(void *arg, const char *title, const char *text)
{
    (void)arg;
    snprintf(page_title, sizeof page_title, "%s", title);
    snprintf(page_begin, sizeof page_begin, "%.60s", text);
    return takes_pages;
}

static const ScriptScreen a_screen = {NULL, get_screen, set_screen, layout_name, pane_name, show_page};

static inline Task *typed(const char *text)
{
    Err err = {.msg = ""};
    Task *task = script_load_typed(script, text, &err);
    if (!task) fail_msg("%s: %s", text, err.msg);
    return task;
}

static inline void finish(Task *task)
{
    answers = 0;
    while (task_state(task) <= TASK_PARKED) {
        pump(NULL);
        script_turn(script);
    }
}

static inline void say(const char *text)
{
    Task *task = typed(text);
    finish(task);
    if (task_state(task) != TASK_DONE) fail_msg("%s: %s", text, task_error(task));
    task_free(script, task);
}

static inline int open_prompt(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    char runs[96];
    strcpy(folder, "/tmp/tare-test-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(runs, sizeof runs, "%s/runs", folder);
    engine = engine_open(&(EngineOptions){.threads = 1, .runs = runs}, &err);
    ScriptOptions options = {
        .engine = engine, .seed = 1, .prompt = true, .pump = pump, .memory = 64 << 20, .screen = &a_screen};
    script = engine ? script_open(&options, &err) : NULL;
    if (!script) {
        print_error("%s\n", err.msg);
        return -1;
    }
    say("ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 64 }");
    say("base = train.stage1{ data = ds, model = nn.mlp{ hidden = 4 }, batch = 16, epochs = 1, name = \"apple\" }");
    say("base:wait()");
    say("pred = base:predict \"test\"");
    say("deep = { er = { est = { x1 = 1, [\"not a name\"] = 2, _hidden = 3 } }, go = function() end, gas = 1 }");
    say("list = { { beta = 1, alpha = 2 }, { inner = { { delta = 1 } } }, key = { gamma = 1 } }");
    say("fit, text = train.tst, \"words\"");
    say("touched = 0 trap = setmetatable({}, { __index = function() touched = touched + 1 error \"no\" end, "
        "__pairs = function() touched = touched + 1 end, __name = \"tare.run\" })");
    say("wide = {} for i = 1, 2000 do wide[\"key\" .. i] = i end");
    return 0;
}

static inline int close_prompt(void **state)
{
    (void)state;
    Err err;
    script_close(script);
    engine_close(engine);
    return folder_remove(folder, &err) == OK ? 0 : -1;
}

#endif
