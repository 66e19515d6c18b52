/* test_script_complete.c - the prompt's side of the script: candidates, hints, whole lines. */
#include "test_script_prompt.h"

/* ---- candidates ---- */

typedef struct {
    char words[CANDIDATES_MOST + 1][128];
    int count, start;
} Found;

static void add(void *list, const char *word)
{
    Found *f = list;
    assert_true(f->count < CANDIDATES_MOST);
    snprintf(f->words[f->count++], sizeof f->words[0], "%s", word);
}

/* The candidates at the '|' of a line (what follows it stands behind the cursor). */
static void find(Found *f, const char *marked)
{
    char line[512];
    int end = (int)strcspn(marked, "|");
    snprintf(line, sizeof line, "%.*s%s", end, marked, marked + end + 1);
    f->count = 0;
    script_complete(script, line, end, &f->start, add, f);
}

static bool has(const Found *f, const char *word)
{
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->words[i], word) == 0) return true;
    return false;
}

/* `yes` and `no`: words with commas between; yes NULL: no candidate at all. start: what stands before the word. */
static const struct {
    const char *line, *before, *yes, *no;
} rows[] = {
    {"tr|", "", "train,trap,true", "data,print"},
    {"|", "", "data,train,print,deep", "_G,and"},
    {"x = pri|", "x = ", "print", "data"},
    {"local y = 3 + de|", "local y = 3 + ", "deep,debug", "data"},
    {"wh|", "", "while", "where"},
    {"train.|", "train.", "stage1,tst,vtst", "data"},
    {"train.st|", "train.", "stage1", "tst"},
    {"train . st|", "train . ", "stage1", "tst"},
    {"deep.er.est.|", "deep.er.est.", "x1", "not a name,_hidden"},
    {"deep.er.est._|", "deep.er.est.", "_hidden", "x1"},
    {"deep.g|", "deep.", "go,gas", "er"},
    {"deep:g|", "deep:", "go", "gas,er"},
    {"deep.none.|", "deep.none.", NULL, NULL},
    {"deep.er.est.x1.|", "deep.er.est.x1.", NULL, NULL},
    {"text:up|", "text:", "upper", "rep"},
    {"base:|", "base:", "wait,predict,temperature,stop", "state,name"},
    {"base:pre|", "base:", "predict", "wait"},
    {"base.|", "base.", "state,evals,job", "wait"},
    {"ds:|", "ds:", "labels,posterior", "wait"},
    {"ds.cl|", "ds.", "classes", "shape"},
    {"pred.|", "pred.", "n,origin", "evals"},
    {"trap.|", "trap.", NULL, NULL},
    {"trap:wa|", "trap:", NULL, NULL},
    {"trap.a.b|", "trap.a.", NULL, NULL},
    {"list[1].|", "list[1].", "alpha,beta", "data"},
    {"list[ 2 ].in|", "list[ 2 ].", "inner", "data"},
    {"list[\"key\"].|", "list[\"key\"].", "gamma", "data"},
    {"list[2].inner[1].|", "list[2].inner[1].", "delta", "data"},
    {"list[i].|", "list[i].", NULL, NULL},
    {"list[1 + 1].|", "list[1 + 1].", NULL, NULL},
    {"list[9].|", "list[9].", NULL, NULL},
    {"base.job.|", "base.job.", "train,data,kind", "wait"},
    {"base.job.train.l|", "base.job.train.", "lr,log_every", "batch"},
    {"base.evals[1].|", "base.evals[1].", "nll,split", "wait"},
    {"ds.options.|", "ds.options.", "seed", "labels"},
    {"train.stage1{ data = ds, lr = |", "train.stage1{ data = ds, lr = ", "2e-3", "data"},
    {"train.stage1{ data = ds, batch = d|", "train.stage1{ data = ds, batch = ", "ds,data", "32"},
    {"calib.ece(pred, {|", "calib.ece(pred, {", "bins = ", "data"},
    {"calib.ece(p, {|", "calib.ece(p, {", "bins = ", "data"},
    {"base:predict(\"test\").|", "base:predict(\"test\").", NULL, NULL},
    {"train.stage1{ data = ds, ba|", "train.stage1{ data = ds, ", "batch = ", "data = ,bn_momentum = "},
    {"train.stage1{ |", "train.stage1{ ", "data = ,model = ,name = ,epochs = ,lr = ", "from = ,train"},
    {"train.stage1{ data = ds, |, lr = 3 }", "train.stage1{ data = ds, ", "epochs = ", "data = ,lr = "},
    {"train.stage1{ data = d|", "train.stage1{ data = ", "ds,data,deep", "data = "},
    {"train.stage1{ model = nn.|", "train.stage1{ model = nn.", "mlp,wrn", "model = "},
    {"train.stage1{ model = nn.mlp{ |", "train.stage1{ model = nn.mlp{ ", "hidden = ,layers = ", "epochs = "},
    {"train.stage1{ model = nn.mlp{ hidden = 3 }, e|", "train.stage1{ model = nn.mlp{ hidden = 3 }, ",
     "epochs = ", "hidden = "},
    {"train.stage1({ ep|", "train.stage1({ ", "epochs = ", "eval"},
    {"fit{ fr|", "fit{ ", "from = ", "for"},
    {"base:evaluate(\"test\", { b|", "base:evaluate(\"test\", { ", "bins = ", "base"},
    {"calib.diagram(pred, { bins = 3, |", "calib.diagram(pred, { bins = 3, ", "width = ,ascii = ", "bins = "},
    {"runs.compare{ ba|", "runs.compare{ ", "base", "label = "},
    {"{ ba|", "{ ", "base", "batch = "},
    {"train.stage1{ schedule = \"|", "train.stage1{ schedule = \"", "constant,cosine", "adam"},
    {"train.stage1{ schedule = \"co|", "train.stage1{ schedule = \"", "constant,cosine", "adam"},
    {"train.stage1{ schedule = 'cos|", "train.stage1{ schedule = '", "cosine", "constant"},
    {"train.stage1{ recipe = \"|", "train.stage1{ recipe = \"", "small,paper", "constant"},
    {"train.tst{ features = |", "train.tst{ features = ", "\"auto\",\"cached\",\"faithful\"", "base"},
    {"plot.save(\"a.svg\", base, { log = t|", "plot.save(\"a.svg\", base, { log = ", "true", "table"},
    {"train.tst{ features = te|", "train.tst{ features = ", "text", "train"},
    {"train.tst{ from = ba|", "train.tst{ from = ", "base", "small"},
    {"train.tst{ from = \"|", "train.tst{ from = \"", "apple", "small"},
    {"ui.show{ layout = \"|", "ui.show{ layout = \"", "train,calibration", "loss"},
    {"ui.show{ pane = \"l|", "ui.show{ pane = \"", "loss,log", "train"},
    {"ui.show{ run = \"|", "ui.show{ run = \"", "apple", "train"},
    {"runs.open \"|", "runs.open \"", "apple", "base"},
    {"runs.open(\"ap|", "runs.open(\"", "apple", "base"},
    {"runs.open(\"x|", "runs.open(\"", NULL, NULL},
    {"runs.note(\"apple\", \"|", "runs.note(\"apple\", \"", NULL, NULL},
    {"data.load \"f|", "data.load \"", "fashion,fashion-full", "cifar10"},
    {"data.load{ name = \"|", "data.load{ name = \"", "fashion,blends,idx", "apple"},
    {"base:predict \"|", "base:predict \"", "valid,test", "train"},
    {"dofile \"tests/un|", "dofile \"", "tests/unit/", "tests/lua/"},
    {"dofile \"tests/unit/test_script_c|", "dofile \"", "tests/unit/test_script_complete.c", "tests/unit/"},
    {"dofile \"no such folder/|", "dofile \"no such folder/", NULL, NULL},
    {"print \"da|", "print \"", NULL, NULL},
    {"help \"|", "help \"", "ece,tst,runs.open,run:wait", "apple"},
    {"help \"train.t|", "help \"", "train.tst", "train.vtst"},
    {"?|", "?", "ece,workbench,train.tst", "apple"},
    {"? ec|", "? ", "ece", "tst"},
    {"-- tr|", "-- tr", NULL, NULL},
    {"x = 12.|", "x = 12.", NULL, NULL},
    {"x = [[tr|", "x = [[tr", NULL, NULL},
    {"x = [[a]] .. te|", "x = [[a]] .. ", "text", "train"},
    {"x = 'a\\'b' .. te|", "x = 'a\\'b' .. ", "text", "train"},
    {"((((((te|", "((((((", "text", "train"},
    {"}}})))] te|", "}}})))] ", "text", "train"},
};

static void each_word(const Found *f, const char *line, const char *words, bool wanted)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ","))
        if (has(f, word) != wanted) fail_msg("%s: '%s' %s", line, word, wanted ? "is missing" : "is offered");
}

static void test_candidates(void **state)
{
    (void)state;
    static Found f;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        find(&f, rows[i].line);
        if (!rows[i].yes) {
            if (f.count) fail_msg("%s: '%s' is offered", rows[i].line, f.words[0]);
            continue;
        }
        each_word(&f, rows[i].line, rows[i].yes, true);
        each_word(&f, rows[i].line, rows[i].no, false);
        if (f.start != (int)strlen(rows[i].before)) fail_msg("%s: the word starts at %d", rows[i].line, f.start);
    }
}

/* Names in order: tare's and the user's, then Lua's own. */
static void test_order(void **state)
{
    (void)state;
    static Found f;
    find(&f, "|");
    int place[4] = {-1, -1, -1, -1};
    static const char *const names[] = {"base", "train", "assert", "string"};
    for (int i = 0; i < f.count; i++)
        for (int k = 0; k < 4; k++)
            if (strcmp(f.words[i], names[k]) == 0) place[k] = i;
    for (int k = 0; k < 3; k++) assert_true(place[k] >= 0 && place[k] < place[k + 1]);
    find(&f, "list[1].|");
    assert_string_equal(f.words[0], "alpha");
    assert_string_equal(f.words[1], "beta");
}

static void test_bounds(void **state)
{
    (void)state;
    static Found f;
    char deep[400];
    find(&f, "wide.|");
    assert_int_equal(f.count, CANDIDATES_MOST);
    memset(deep, '(', sizeof deep);
    strcpy(deep + sizeof deep - 8, "dat|");
    find(&f, deep);
    assert_true(has(&f, "data"));
    say("assert(touched == 0, \"a metamethod ran\")");
}

/* Every cut of a long line, and of one with all that brackets and quotes can do wrong. */
static void test_any_cut(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "t = train.stage1{ data = data.load{ name = 'blends', train = 3 }, model = nn.mlp{ hidden = 3 } }:wait() -- x",
        "]=] --[==[ a ]] ]==] \"\\\" '\\' [=[ ]] ]=] .. :: a.b:c{ d = { e = \"f\", [ 1 ] = 2; g = ",
        "\xff\xc3 \x01 ...:.:=,;{}[]()'\"\\",
    };
    static Found f;
    char hint[80];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (int end = 0; end <= (int)strlen(lines[i]); end++) {
            f.count = 0;
            script_complete(script, lines[i], end, &f.start, add, &f);
            assert_in_range(f.start, 0, end);
            script_hint(script, lines[i], end, hint, sizeof hint);
        }
}

/* A memory that is used up to its limit, and a finaliser that waits for the next collection. */
static void test_full_memory(void **state)
{
    (void)state;
    static Found f;
    say("ran = 0 setmetatable({}, { __gc = function() ran = ran + 1 end }) collectgarbage \"stop\" hog = {} "
        "pcall(function() while true do hog[#hog + 1] = (\"x\"):rep(1000) .. #hog end end) before = ran");
    for (int i = 0; i < 1000; i++) find(&f, "train.st|");
    assert_true(has(&f, "stage1"));
    assert_false(script_whole(script, "f("));
    say("hog = nil assert(ran == before, \"a finaliser ran\") collectgarbage \"restart\" collectgarbage()");
}

static void test_data_names(void **state)
{
    (void)state;
    static Found f;
    find(&f, "data.load \"|");
    assert_int_equal(f.count, 8);
    for (int i = 0; i < f.count; i++) assert_non_null(dataset_options(f.words[i]));
}

/* ---- hints ---- */

static const struct {
    const char *line, *says;
} hints[] = {
    {"train.tst{ |", "train.tst{ from =, checkpoint = \"\", z = 128, recipe = \"small\", name ="},
    {"train.stage1{ data = ds, batch = |", "batch = 32: images a step (2 .. 65536)"},
    {"train.stage1{ data = ds, batch = 3|2 }", "batch = 32: images a step (2 .. 65536)"},
    {"train.stage1{ schedule = \"co|", "schedule = \"cosine\": "},
    {"train.stage1{ data = |", "train.stage1{ data =, model ="},
    {"train.stage1{ model = nn.mlp{ hi|", "nn.mlp{ hidden = "},
    {"runs.open(|", "runs.open(name): a run by its name"},
    {"runs.open \"a|", "runs.open(name): "},
    {"base:evaluate(|", "run:evaluate([split, { bins = 10 }])"},
    {"fit{|", "train.tst{"},
    {"print(|", ""},
    {"base.state|", ""},
    {"runs.compare(base, |", "runs.compare(run, run:temperature(), "},
};

static void test_hints(void **state)
{
    (void)state;
    char line[256], hint[512], narrow[24];
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        int end = (int)strcspn(hints[i].line, "|");
        snprintf(line, sizeof line, "%.*s%s", end, hints[i].line, hints[i].line + end + 1);
        script_hint(script, line, end, hint, sizeof hint);
        size_t size = strlen(hints[i].says);
        if (strncmp(hint, hints[i].says, size) != 0 || (!size && *hint)) fail_msg("%s: %s", hints[i].line, hint);
    }
    script_hint(script, "train.tst{ ", 11, narrow, sizeof narrow);
    assert_string_equal(narrow, "train.tst{ from =, c...");
}

/* ---- whole lines ---- */

static const struct {
    const char *text;
    bool whole;
} texts[] = {
    {"", true},
    {"x = 1", true},
    {"1 + 2", true},
    {"1 +", false},
    {"x =", false},
    {"f(", false},
    {"f()", true},
    {"{ 1,", false},
    {"{ 1, 2 }", true},
    {"for i = 1, 2 do", false},
    {"for i = 1, 2 do end", true},
    {"x = [[", false},
    {"x = [[\n]]", true},
    {"x = \"a", true},
    {"= 3", true},
    {"x = = 3", true},
    {"end", true},
    {"function f()", false},
    {"function f()\nend", true},
    {"?", true},
    {"?ece", true},
    {"help", true},
    {"-- only a comment", true},
    {"return", true},
    {"if x then", false},
    {"x = )", true},
    {"= 3 +", false},
    {"x = 3\nx", true},
    {"x = 3\nx.", false},
    {"local x = 3\nx + 1", true},
};

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (script_whole(script, texts[i].text) != texts[i].whole)
            fail_msg("'%s' is taken as %s", texts[i].text, texts[i].whole ? "open" : "whole");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_candidates), cmocka_unit_test(test_order),       cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_any_cut),    cmocka_unit_test(test_data_names),  cmocka_unit_test(test_hints),
        cmocka_unit_test(test_whole),      cmocka_unit_test(test_full_memory),
    };
    return cmocka_run_group_tests(tests, open_prompt, close_prompt);
}
