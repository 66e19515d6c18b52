/* test_run_event.c - every type of event to JSON and back, and every kind of broken line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/event.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Event event_of(EventType type)
{
    Event e;
    memset(&e, 0, sizeof e); /* padding too, so that whole events can be compared */
    e.seq = 7;
    e.type = type;
    e.step = 20;
    e.epoch = 1;
    e.stage = 2;
    e.wall.seconds = 0.1;
    return e;
}

/* The event after JSON as text. */
static Event through_text(const Event *e)
{
    Event back;
    Err err = {0};
    json_t *json = event_to_json(e);
    assert_non_null(json);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (event_from_json(&back, json, &err) != OK) fail_msg("%s\n%s", err.msg, text);
    free(text);
    json_decref(json);
    return back;
}

static void assert_round_trip(const Event *e)
{
    Event back = through_text(e);
    assert_memory_equal(e, &back, sizeof back);
}

/* Text of a record goes to terminals: what one would obey does not come out of the file. */
static void harms_no_terminal(void **state)
{
    (void)state;
    Event e = event_of(EVENT_LOG), back;
    strcpy(e.as.log.text, "a\x1b[31mb\x7f"
                          "c\xC2\x9B"
                          "d\n\xC3\xA9");
    back = through_text(&e);
    assert_string_equal(back.as.log.text, "a?[31mb?c?d\n\xC3\xA9");
}

static void fill(char *text, size_t size, char c)
{
    memset(text, c, size - 1);
    text[size - 1] = 0;
}

static void numbers_round_trip(void **state)
{
    (void)state;
    static const double values[] = {0,       -0.0,    1,    0.1,    1.0 / 3,  -2.5e-300, 5e-324,
                                    DBL_MAX, DBL_MIN, 1e22, 0x1p53, INFINITY, -INFINITY, 0.30000000000000004};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        Event e = event_of(EVENT_STEP);
        e.as.step.loss = values[i];
        e.as.step.kl = -values[i];
        e.as.step.lr = fabs(values[i]);
        e.wall.images_per_second = fabs(values[i]);
        assert_round_trip(&e);
        e = event_of(EVENT_BEST);
        e.as.best.nll = values[i];
        assert_round_trip(&e);
    }
    Event e = event_of(EVENT_STEP);
    e.as.step.loss = -NAN;
    assert_true(isnan(through_text(&e).as.step.loss));
}

static void extremes_round_trip(void **state)
{
    (void)state;
    Event e = event_of(EVENT_EPOCH);
    e.seq = INT64_MAX;
    e.run = UINT32_MAX;
    e.step = e.epoch = INT32_MAX;
    e.as.epoch.loss = 1e308;
    e.as.epoch.accuracy = 1;
    assert_round_trip(&e);

    e = event_of(EVENT_STAGE);
    fill(e.as.stage.name, sizeof e.as.stage.name, 'n');
    fill(e.as.stage.body, sizeof e.as.stage.body, 'f');
    e.as.stage.steps = e.as.stage.epochs = INT32_MAX;
    e.as.stage.parameters = INT64_MAX;
    e.wall.expected_seconds = 1e-9;
    assert_round_trip(&e);

    e = event_of(EVENT_RESUME);
    e.seq = e.as.resume.from_seq = 0;
    assert_round_trip(&e);
    e.seq = e.as.resume.from_seq = INT64_MAX;
    assert_round_trip(&e);

    for (RunState s = RUN_QUEUED; s < RUN_STATES; s++) {
        e = event_of(EVENT_STATE);
        e.as.state.state = s;
        fill(e.as.state.text, sizeof e.as.state.text, '"');
        assert_round_trip(&e);
        if (!run_state_ended(s)) continue;
        e = event_of(EVENT_DONE);
        e.as.done.state = s;
        strcpy(e.as.done.text, "\n\ttab \\ back");
        assert_round_trip(&e);
    }
}

static void evaluation_round_trips(void **state)
{
    (void)state;
    Event e = event_of(EVENT_EVAL);
    strcpy(e.as.eval.split, "valid");
    strcpy(e.as.eval.checkpoint, "best");
    fill(e.as.eval.file, sizeof e.as.eval.file, 'p');
    e.as.eval.nll = 0.1 + 0.2;
    e.as.eval.brier = 2;
    e.as.eval.accuracy = e.as.eval.confidence = 1.0 / 3;
    for (int b = 0; b < FINE_BINS; b++) {
        e.as.eval.bins.count[b] = b == 59 ? UINT32_MAX : 1000u * (unsigned)b;
        e.as.eval.bins.right[b] = e.as.eval.bins.count[b] / 3;
        e.as.eval.bins.confidence[b] = e.as.eval.bins.count[b] / 7.0;
    }
    assert_round_trip(&e);
}

static void texts_are_mended(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {"plain", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"cut inside a character", "\xc3\xa9\xe2\x82", "\xc3\xa9??"},
        {"latin 1 file name", "run \xe9t\xe9.npy", "run ?t?.npy"},
        {"surrogate", "\xed\xa0\x80", "???"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Event e = event_of(EVENT_LOG);
        strcpy(e.as.log.text, rows[i].text);
        assert_string_equal(through_text(&e).as.log.text, rows[i].want);
    }
}

/* The order of the keys is part of the format. */
static void line_is_as_documented(void **state)
{
    (void)state;
    Event e = event_of(EVENT_STEP);
    e.as.step.loss = 2.25;
    e.as.step.kl = NAN;
    e.as.step.lr = 0.5;
    e.wall.images_per_second = 100;
    json_t *json = event_to_json(&e);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"seq\":7,\"run\":0,\"type\":\"step\",\"step\":20,\"epoch\":1,\"stage\":2,"
                              "\"loss\":2.25,\"kl\":\"nan\",\"lr\":0.5,"
                              "\"wall\":{\"seconds\":0.10000000000000001,\"images_per_second\":100.0}}");
    free(text);
    json_decref(json);
}

#define HEAD(type) "{\"seq\":7,\"run\":0,\"type\":\"" type "\",\"step\":20,\"epoch\":1,\"stage\":2,"
#define WALL       ",\"wall\":{\"seconds\":1}}"

static void broken_lines_name_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line, *says;
    } rows[] = {
        {"no object", "[1]", "key 'seq'"},
        {"empty", "{}", "'seq' is missing"},
        {"seq real", "{\"seq\":1.5}", "'seq' is not an integer"},
        {"seq negative", "{\"seq\":-1}", "'seq' = -1"},
        {"seq 0", "{\"seq\":0,\"run\":0,\"type\":\"log\",\"step\":0,\"epoch\":0,\"stage\":1,\"text\":\"\"" WALL,
         "'seq' is 0"},
        {"run too large", "{\"seq\":1,\"run\":4294967296}", "'run' = 4294967296"},
        {"type unknown", "{\"seq\":1,\"run\":0,\"type\":\"stop\"}", "unknown value 'stop' (did you mean 'step'?)"},
        {"type no string", "{\"seq\":1,\"run\":0,\"type\":3}", "'type' is not a string"},
        {"step too large", "{\"seq\":1,\"run\":0,\"type\":\"log\",\"step\":2147483648}", "'step' = 2147483648"},
        {"epoch missing", "{\"seq\":1,\"run\":0,\"type\":\"log\",\"step\":1}", "'epoch' is missing"},
        {"stage 3", "{\"seq\":1,\"run\":0,\"type\":\"log\",\"step\":1,\"epoch\":0,\"stage\":3}",
         "'stage' = 3 is not within 1 and 2"},
        {"loss missing", HEAD("step") "\"kl\":0,\"lr\":0" WALL, "'loss' is missing"},
        {"loss null", HEAD("step") "\"loss\":null,\"kl\":0,\"lr\":0" WALL, "'loss' is not a number"},
        {"loss word", HEAD("step") "\"loss\":\"NaN\",\"kl\":0,\"lr\":0" WALL, "'loss' is not a number"},
        {"lr negative", HEAD("step") "\"loss\":1,\"kl\":0,\"lr\":-0.5" WALL, "'lr' = -0.5"},
        {"accuracy 1.5", HEAD("epoch") "\"loss\":1,\"accuracy\":1.5,\"lr\":0" WALL, "'accuracy' = 1.5"},
        {"split too long", HEAD("eval") "\"split\":\"validate\"" WALL, "'split' is a string of more than 7"},
        {"text a number", HEAD("log") "\"text\":1" WALL, "'text' is not a string"},
        {"state unknown", HEAD("state") "\"state\":\"runing\"" WALL, "(did you mean 'running'?)"},
        {"done but running", HEAD("done") "\"state\":\"running\",\"what\":\"\"" WALL, "'state' = 'running'"},
        {"resume elsewhere", HEAD("resume") "\"from_seq\":6" WALL, "'from_seq' = 6"},
        {"parameters", HEAD("stage") "\"name\":\"\",\"steps\":1,\"epochs\":1,\"parameters\":\"1\",\"body\":\"\"" WALL,
         "'parameters'"},
        {"wall missing", HEAD("log") "\"text\":\"\"}", "'wall'"},
        {"wall a number", HEAD("log") "\"text\":\"\",\"wall\":1}", "'wall'"},
        {"seconds missing", HEAD("log") "\"text\":\"\",\"wall\":{}}", "'seconds' is missing"},
        {"speed missing", HEAD("step") "\"loss\":1,\"kl\":0,\"lr\":0" WALL, "'images_per_second' is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Event e;
        Err err = {0};
        json_t *json = json_loads(rows[i].line, 0, NULL);
        assert_non_null(json);
        assert_int_equal(event_from_json(&e, json, &err), ERR_FORMAT);
        if (!strstr(err.msg, rows[i].says)) fail_msg("%s: %s", rows[i].name, err.msg);
        assert_int_equal(event_from_json(&e, json, NULL), ERR_FORMAT);
        json_decref(json);
    }
}

static void broken_bins_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *list;
        size_t bin;
        double value; /* put there; NaN: the entry is removed */
        const char *says;
    } rows[] = {
        {"59 counts", "count", 3, NAN, "of 60 numbers"},
        {"more right than count", "right", 3, 5, "bin 3"},
        {"negative", "right", 59, -1, "bin 59"},
        {"real count", "count", 0, 4.5, "bin 0"},
        {"confidence above count", "confidence", 1, 4.01, "bin 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Event e = event_of(EVENT_EVAL), back;
        Err err = {0};
        for (int b = 0; b < FINE_BINS; b++) e.as.eval.bins.count[b] = 4;
        json_t *json = event_to_json(&e);
        json_t *list = json_object_get(json_object_get(json, "bins"), rows[i].list);
        double value = rows[i].value;
        if (isnan(value))
            json_array_remove(list, rows[i].bin);
        else
            json_array_set_new(list, rows[i].bin,
                               value == floor(value) ? json_integer((json_int_t)value) : json_real(value));
        assert_int_equal(event_from_json(&back, json, &err), ERR_FORMAT);
        if (!strstr(err.msg, rows[i].says) || !strstr(err.msg, "'bins'")) fail_msg("%s: %s", rows[i].name, err.msg);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harms_no_terminal),         cmocka_unit_test(numbers_round_trip),
        cmocka_unit_test(extremes_round_trip),       cmocka_unit_test(evaluation_round_trips),
        cmocka_unit_test(texts_are_mended),          cmocka_unit_test(line_is_as_documented),
        cmocka_unit_test(broken_lines_name_the_key), cmocka_unit_test(broken_bins_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
