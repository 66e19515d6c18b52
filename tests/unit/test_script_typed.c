/* test_script_typed.c - typed lines as tasks: what they show, their errors, io.read, interrupts, callbacks. */
#include "test_script_prompt.h"

/* What the line, or what printing its values, puts on stdout. */
static const char *output_of(const char *text)
{
    static char out[8192];
    char path[96];
    snprintf(path, sizeof path, "%s/out", folder);
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    assert_non_null(freopen(path, "w+", stdout));
    Err err = {.msg = ""};
    Task *task = script_load_typed(script, text, &err);
    if (task) finish(task);
    if (task && task_state(task) == TASK_DONE) task_print(script, task);
    snprintf(out, sizeof out, "%s", !task ? err.msg : task_state(task) == TASK_DONE ? "" : task_error(task));
    task_free(script, task);
    FILE *f = fopen(path, "r"); /* what was not flushed is not there */
    size_t n = f && !*out ? fread(out, 1, sizeof out - 1, f) : strlen(out);
    out[n] = 0;
    if (f) fclose(f);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    return out;
}

static const struct {
    const char *text, *says;
} lines[] = {
    {"a_new_global = 7", ""},
    {"a_new_global", "7\n"},
    {"_ + 1", "8\n"},
    {"1, nil, 3", "1\n3\n"},
    {"_", "1\n"},
    {"nil", "nil\n"},
    {"no_such_name", "nil\n"},
    {"_", "1\n"},
    {"bsae", "nil (did you mean 'base'?)\n"},
    {"bsae.state", "attempt to index a nil value (global 'bsae') (did you mean 'base'?)"},
    {"trian.tst{}", "attempt to index a nil value (global 'trian') (did you mean 'train'?)"},
    {"train.stag1{}", "train: there is no function 'stag1' (did you mean 'stage1'?)"},
    {"pred[1]", "predictions: there is no field or method '1'; see help \"predictions\""},
    {"calib.ece(base)", "expected predictions (run:predict \"test\"), got run"},
    {"base.predict(\"test\")", "expected a run, got string; methods are called with a colon: run:predict"},
    /* as Lua's own prompt, and beyond */
    {"=1+41", "42\n"},
    {" = 1, 2", "1\n2\n"},
    {"= = 1", "unexpected symbol near '='"},
    {"local kept = 3", ""},
    {"kept", "3\n"},
    {"local k1, k2 <const> = 4, 5; local k3", ""},
    {"k1, k2, k3 == nil", "4\n5\ntrue\n"},
    {"local function kept(x) return x and kept() or 6 end", ""},
    {"kept(true)", "6\n"},
    {"do local inner = 1 end for i = 1, 2 do local inner = i end if true then local inner = 1 end "
     "repeat local inner = 1 until inner local f = function() local inner = 1 end",
     ""},
    {"inner == nil, type(f)", "true\nfunction\n"},
    {"local s = \"local t = 1\" -- local u = 1", ""},
    {"s, t == nil and u == nil", "local t = 1\ntrue\n"},
    {"local count = 0\nfunction more() count = count + 1 end\nmore()", ""},
    {"more()\ncount", "2\n"},
    {"local done <close> = setmetatable({}, { __close = function() print \"closed\" end })", "closed\n"},
    {"done", "nil\n"},
    {"local data = 7\ndata + 1", "(data keeps its meaning: the local of that name ends with this line)\n8\n"},
    {"type(data)", "table\n"},
    {"a1 = 3\na1 + 1", "4\n"},
    {"a1 = 3; a1 + 2", "5\n"},
    {"a1 = 4\nmath.max(a1, 2)", "4\n"},
    {"a1 = math.abs\n(-5)", ""},
    {"a1", "5\n"},
    {"for i = 1, 2 do\n  a1 = i\nend", ""},
    {"if a1 then\n  a1 = 8\nend\na1", "8\n"},
    {"x = 1\ny = 2 +", "unexpected symbol near <eof>\n    line 2: y = 2 +"},
    {"{ 1, x = 2 }", "{ 1, x = 2 }\n"},
    {"base", "run apple: stage 1, done\n"},
    {"print(\"at once\")", "at once\n"},
    {"nothing.at", "attempt to index a nil value (global 'nothing')"},
    {"x = = 1", "unexpected symbol near '='"},
    {"error \"mine\"", "mine"},
    {"error { 1 }", "error with a table instead of a message"},
    {"x = 1\ny = 2 + {}\nz = 3", "attempt to perform arithmetic on a table value\n    line 2: y = 2 + {}"},
    {"x = 1\n  y = = 2", "unexpected symbol near '='\n    line 2: y = = 2"},
    {"train.stage1{ data = ds, epoch = 3 }", "unknown option 'epoch' (did you mean 'epochs'?)"},
    {"io.read()", "first\n"},
    {"io.read(\"l\", \"n\", \"L\")", "first\n16\nthird\n\n"},
    {"io.read \"*l\"", "first\n"},
    {"io.read \"n\" == nil", "true\n"},
    {"coroutine.wrap(function() return io.read() end)()", "first\n"},
    {"io.read(\"l\", \"a\")", "io.read: at the prompt it reads lines: \"l\", \"L\" or \"n\""},
    {"io.read(3)", "io.read: at the prompt it reads lines: \"l\", \"L\" or \"n\""},
    {"ui.show().layout", "train\n"},
    {"ui.show{ layout = \"calibration\", run = base, bins = 15, zoom = true }", ""},
    {"local s = ui.show() return s.layout, s.pane, s.run, s.bins, s.zoom, s.log",
     "calibration\nloss\napple\n15\ntrue\nfalse\n"},
    {"ui.show{ layout = \"none\" }", "no layout 'none'"},
    {"ui.show{ bin = 3 }", "unknown option 'bin' (did you mean 'bins'?)"},
    {"ui.show{ run = 3 }", "expected a run, got number"},
    {"local f = os.tmpname() local g = f .. \".csv\" local said = plot.save(g) "
     "local h, r = io.open(g):read \"a\", io.open(g .. \".json\"):read \"a\" "
     "for _, e in ipairs{ \"\", \".csv\", \".csv.json\" } do os.remove(f .. e) end "
     "return said == \"saved \" .. g .. \" and \" .. g .. \".json\", h:match \"^curve,\", r:match \"15 equal\"",
     "true\ncurve,\n15 equal\n"},
    {"ui.show{ pane = \"log\" }", ""},
    {"plot.save \"x.svg\"", "plot.save: the log is no figure; focus another pane (F6), or say what: "
                            "plot.save(\"x.svg\", base)"},
    {"?nonsense", "no help on 'nonsense'"},
};

static void test_typed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *out = output_of(lines[i].text);
        size_t size = strlen(lines[i].says);
        bool exact = size == 0 || lines[i].says[size - 1] == '\n' || !strstr(lines[i].says, "no help");
        if (exact ? strcmp(out, lines[i].says) != 0 : strncmp(out, lines[i].says, size) != 0)
            fail_msg("%s: '%s'", lines[i].text, out);
    }
    assert_non_null(strstr(output_of("?ece"), "expected calibration error"));
    assert_non_null(strstr(output_of(" ? runs.open "), "a run by its name"));
    assert_non_null(strstr(output_of("runs.open?"), "a run by its name"));
    assert_non_null(strstr(output_of("help"), "topics"));
    assert_non_null(strstr(output_of("help()"), "topics"));
}

/* Where a screen takes pages, help is one, and nothing is printed. */
static void test_help_on_a_page(void **state)
{
    (void)state;
    takes_pages = true;
    assert_string_equal(output_of("?ece"), "");
    takes_pages = false;
    assert_string_equal(page_title, "help ece");
    assert_int_equal(strncmp(page_begin, "# ece", 5), 0);
    page_title[0] = 0;
    output_of("1 + 1");
    assert_string_equal(page_title, "");
}

static void test_error_elsewhere(void **state)
{
    (void)state;
    const char *out;
    say("function broken()\n  error \"inside\"\nend");
    out = output_of("broken()"); /* the place is in another line: it stays */
    int line;
    assert_int_equal(sscanf(out, "line %d:2: inside", &line), 1);
}

static void test_long_result(void **state)
{
    (void)state;
    const char *out =
        output_of("setmetatable({}, { __tostring = function() return (\"row\\n\"):rep(99) .. \"end\" end })");
    int count = 0;
    for (const char *at = out; *at; at++) count += *at == '\n';
    assert_int_equal(count, 41);
    assert_non_null(strstr(out, "row\n... 60 more lines\n"));
    out = output_of("setmetatable({}, { __tostring = function() return (\"row\\n\"):rep(39) .. \"end\" end })");
    assert_null(strstr(out, "more"));
}

/* Several tasks: one waits for a run, one computes; the newest alone is interrupted. */
static void test_interrupt_one(void **state)
{
    (void)state;
    say("long = train.stage1{ data = ds, model = nn.mlp{ hidden = 4 }, batch = 16, epochs = 1e6, name = \"long\" }");
    Task *waits = typed("long:wait() waited = true"), *spins = typed("while true do pcall(function() end) end");
    Task *other = typed("for i = 1, 3 do coroutine.yield() end return \"other\"");
    script_turn(script);
    assert_int_equal(task_state(waits), TASK_PARKED);
    assert_int_equal(task_state(spins), TASK_READY);
    task_interrupt(script, spins);
    finish(spins);
    assert_int_equal(task_state(spins), TASK_INTERRUPTED);
    assert_string_equal(task_error(spins), "interrupted");
    finish(other);
    assert_int_equal(task_state(other), TASK_DONE);
    assert_int_equal(task_state(waits), TASK_PARKED);
    task_interrupt(script, spins); /* has ended: nothing happens */
    task_interrupt(script, waits);
    finish(waits);
    assert_int_equal(task_state(waits), TASK_INTERRUPTED);
    say("assert(not waited) assert(long.state ~= \"stopped\") long:stop():wait()"); /* a new line is untouched */
    task_free(script, waits);
    task_free(script, spins);
    task_free(script, other);
}

/* A callback that fails says so in one line, each time anew; the run goes on. */
static void test_callback(void **state)
{
    (void)state;
    say("told = train.stage1{ data = ds, model = nn.mlp{ hidden = 4 }, batch = 16, epochs = 200, name = \"told\" } "
        "told:on_epoch(function(run, e) if e.epoch > 150 then error(\"a late epoch\", 0) end end)");
    assert_null(script_trouble(script));
    say("told:wait()");
    char *trouble = script_take_trouble(script);
    assert_non_null(trouble);
    assert_string_equal(trouble, "on_epoch of told: a late epoch");
    free(trouble);
    assert_null(script_trouble(script));
    say("assert(told.state == \"done\")");
}

/* A run that has ended keeps no images; a run made from it finds them again. */
static void test_images(void **state)
{
    (void)state;
    Err err;
    const Run *run = engine_run(engine, "apple", &err);
    assert_non_null(run);
    assert_null(run->data);
    assert_true(run->images != 0);
    say("local t = train.tst{ from = base, steps = 2, batch = 16 } assert(t:wait().state == \"done\")");
    say("kept, ds = ds, nil collectgarbage() collectgarbage()");
    say("local t = train.tst{ from = base, steps = 2, batch = 16 } assert(t:wait().state == \"done\")");
    say("ds, kept = kept, nil");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typed),          cmocka_unit_test(test_error_elsewhere),
        cmocka_unit_test(test_long_result),    cmocka_unit_test(test_interrupt_one),
        cmocka_unit_test(test_callback),       cmocka_unit_test(test_images),
        cmocka_unit_test(test_help_on_a_page),
    };
    return cmocka_run_group_tests(tests, open_prompt, close_prompt);
}
