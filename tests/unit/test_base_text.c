/* test_base_text.c - durations, counts, suggestions, widths; option tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/option.h"
#include "base/text.h"
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static void durations_read_well(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0.0 s"},         {0.42, "0.4 s"},     {9.96, "10 s"},         {59.4, "59 s"},
                 {59.6, "1 min 00 s"}, {130, "2 min 10 s"}, {3599.6, "1 h 00 min"}, {3900, "1 h 05 min"},
                 {-1, "0.0 s"},        {NAN, "0.0 s"}};
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_duration(text, sizeof text, cases[i].seconds), cases[i].text);
}

static void counts_have_commas(void **state)
{
    (void)state;
    static const struct {
        long long n;
        const char *text;
    } cases[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {60000, "60,000"}, {-1234567, "-1,234,567"}};
    char text[32], small[4];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_count(text, sizeof text, cases[i].n), cases[i].text);
    assert_string_equal(text_count(small, sizeof small, 60000), "60,");
}

static void figures_stay_narrow(void **state)
{
    (void)state;
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {{.41249, 3, "0.412"},   {0, 2, "0.00"},           {-1.5, 1, "-1.5"},        {9999.4, 3, "9999.400"},
                 {10000, 3, "1.0e+04"},  {1.234e17, 4, "1.2e+17"}, {-2e300, 4, "-2.0e+300"}, {INFINITY, 3, "inf"},
                 {-INFINITY, 3, "-inf"}, {NAN, 3, "nan"},          {-NAN, 3, "nan"}};
    char text[16];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_figure(text, sizeof text, cases[i].value, cases[i].digits), cases[i].text);
}

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    static const char *const names[] = {"epochs", "batch", "lr", "seed"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {{"epoch", "epochs"}, {"epcohs", "epochs"}, {"bacth", "batch"}, {"rl", "lr"},
                 {"momentum", NULL},  {"", NULL},           {"Lr", "lr"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = text_nearest(cases[i].word, names, 4);
        if (cases[i].nearest)
            assert_string_equal(near, cases[i].nearest);
        else
            assert_null(near);
    }
}

static void widths_are_columns(void **state)
{
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8")) skip();
    assert_int_equal(text_width("ECE"), 3);
    assert_int_equal(text_width("83.9 ± 0.8"), 10);
    assert_int_equal(text_width("漢字"), 4);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_width("\xff\xe2"), 2);
}

static void a_copy_says_when_it_is_cut(void **state)
{
    (void)state;
    char four[4];
    assert_true(text_copy(four, sizeof four, "abc"));
    assert_false(text_copy(four, sizeof four, "abcd"));
    assert_string_equal(four, "abc");
}

/* ---- options ---- */

typedef struct {
    int64_t epochs;
    double lr;
    bool flip;
    char name[OPTION_TEXT_SIZE], schedule[OPTION_TEXT_SIZE];
} Spec;

static const Option table[] = {
    {"epochs", OPTION_INT, offsetof(Spec, epochs), "30", 1, 1000, NULL, "passes"},
    {"lr", OPTION_REAL, offsetof(Spec, lr), "2e-3", 0, 10, NULL, "learning rate"},
    {"flip", OPTION_BOOL, offsetof(Spec, flip), "true", 0, 0, NULL, "mirror"},
    {"name", OPTION_TEXT, offsetof(Spec, name), "run", 0, 0, NULL, "of the run"},
    {"schedule", OPTION_CHOICE, offsetof(Spec, schedule), "cosine", 0, 0, "constant|cosine", "of lr"},
    {0},
};

static void defaults_and_texts_round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {"30", "0.002", "true", "run", "cosine"};
    Spec spec;
    option_defaults(table, &spec);
    char text[OPTION_TEXT_SIZE];
    for (int i = 0; i < 5; i++) assert_string_equal(option_text(&table[i], &spec, text, sizeof text), texts[i]);
    spec.lr = 0.1 + 0.2;
    assert_true(strtod(option_text(&table[1], &spec, text, sizeof text), NULL) == spec.lr);
}

static void wrong_values_are_refused_with_what_fits(void **state)
{
    (void)state;
    Spec spec;
    Err err;
    option_defaults(table, &spec);
    static const struct {
        int row;
        double value;
        const char *says;
    } numbers[] = {{0, 0, "epochs = 0: expected a whole number from 1 to 1000"},
                   {0, 1.5, "epochs = 1.5: expected a whole number"},
                   {0, NAN, "expected a whole number"},
                   {1, INFINITY, "lr = inf: expected a number from 0 to 10"},
                   {1, -1, "lr = -1"},
                   {2, 1, "flip = 1: expected true or false"},
                   {3, 1, "name = 1: expected a string"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_int_equal(option_set_number(&table[numbers[i].row], &spec, numbers[i].value, &err), ERR_USAGE);
        if (!strstr(err.msg, numbers[i].says)) fail_msg("'%s' does not say '%s'", err.msg, numbers[i].says);
    }
    assert_int_equal(option_set_text(&table[4], &spec, "cos", &err), ERR_USAGE);
    assert_string_equal(err.msg, "schedule = \"cos\": expected one of constant|cosine");
    assert_int_equal(option_set_text(&table[0], &spec, "ten", &err), ERR_USAGE);
    assert_int_equal(option_set_bool(&table[1], &spec, true, &err), ERR_USAGE);
    char big[OPTION_TEXT_SIZE + 1];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = 0;
    assert_int_equal(option_set_text(&table[3], &spec, big, &err), ERR_USAGE);
    assert_int_equal(option_set_text(&table[3], &spec, "a\x1b[2J", &err), ERR_USAGE);
    assert_string_equal(err.msg, "name = \"a?[2J\": a control character, or bytes that are not UTF-8");
    assert_true(spec.epochs == 30 && spec.lr == 2e-3 && strcmp(spec.schedule, "cosine") == 0);
}

static void an_unknown_option_is_answered(void **state)
{
    (void)state;
    Err err;
    assert_int_equal(option_unknown(table, "epoch", &err), ERR_USAGE);
    assert_string_equal(err.msg, "unknown option 'epoch' (did you mean 'epochs'?)");
    option_unknown(table, "zebra", &err);
    assert_string_equal(err.msg, "unknown option 'zebra'; options: epochs, lr, flip, name, schedule");
}

/* ---- UTF-8 ---- */

static void what_a_terminal_obeys_is_cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *clean;
    } rows[] = {
        {"plain", "abc ~ 1", "abc ~ 1"},
        {"newline and tab", "a\n\tb", "a\n\tb"},
        {"two to four bytes", "\xC3\xA9 \xE2\x88\x91 \xF0\x9F\x99\x82", "\xC3\xA9 \xE2\x88\x91 \xF0\x9F\x99\x82"},
        {"no-break space, the first behind C1", "\xC2\xA0", "\xC2\xA0"},
        {"escape", "\x1b[2J", "?[2J"},
        {"bell, return, delete", "\a\r\x7f", "???"},
        {"C1 as bytes",
         "\x9b"
         "2J\x9d",
         "?2J?"},
        {"C1 as UTF-8",
         "\xC2\x9B"
         "2J\xC2\x80",
         "?2J?"},
        {"Latin-1", "caf\xE9 x", "caf? x"},
        {"cut in a character", "a\xE2\x88", "a??"},
        {"too long a form of escape", "\xC0\x9B", "??"},
        {"a surrogate", "\xED\xA0\x80", "???"},
        {"beyond Unicode", "\xF5\x80\x80\x80", "????"},
        {"a lone mark", "\x80z", "?z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        strcpy(text, rows[i].text);
        assert_int_equal(text_is_clean(text), strcmp(rows[i].text, rows[i].clean) == 0);
        text_clean(text);
        if (strcmp(text, rows[i].clean) != 0) fail_msg("%s: '%s'", rows[i].name, text);
        assert_true(text_is_clean(text));
    }
}

/* Every character there is, and what it is cleaned to. */
static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char text[5] = "";
        int length = text_encode(text, code), read;
        bool surrogate = code >= 0xD800 && code < 0xE000;
        assert_int_equal(text_decode(text, &read), surrogate ? '?' : code);
        assert_int_equal(read, surrogate ? 1 : length);
    }
}

static void a_text_is_cut_between_characters(void **state)
{
    (void)state;
    const char *text = "a\xC3\xA9\xE2\x88\x91z"; /* of 1, 2, 3 and 1 bytes */
    static const size_t cut[] = {0, 1, 1, 3, 3, 3, 6, 7, 7, 7};
    for (size_t most = 0; most < sizeof cut / sizeof *cut; most++) assert_int_equal(text_clip(text, most), cut[most]);
    assert_int_equal(text_mark("\xEF\xBB\xBFx"), 3);
    assert_int_equal(text_mark("x"), 0);
}

/* Messages quote what files say: whichever function makes them, they come out clean. */
static void errors_are_clean(void **state)
{
    (void)state;
    const char *evil = "x\x1b]0;y\a\x9b";
    Err err;
    err_set(&err, ERR_FORMAT, "%s", evil);
    assert_string_equal(err.msg, "x?]0;y??");
    errno = ENOENT;
    err_sys(&err, "%s", evil);
    assert_true(text_is_clean(err.msg));
    err_prefix(&err, "%s", evil);
    err_suffix(&err, "%s", evil);
    assert_true(text_is_clean(err.msg));
    assert_int_equal(strncmp(err.msg, "x?]0;y??x?]0;y??: ", 18), 0);
    assert_int_equal(strcmp(err.msg + strlen(err.msg) - 8, "x?]0;y??"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_read_well),
        cmocka_unit_test(counts_have_commas),
        cmocka_unit_test(figures_stay_narrow),
        cmocka_unit_test(the_nearest_name_is_suggested),
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(a_copy_says_when_it_is_cut),
        cmocka_unit_test(defaults_and_texts_round_trip),
        cmocka_unit_test(wrong_values_are_refused_with_what_fits),
        cmocka_unit_test(an_unknown_option_is_answered),
        cmocka_unit_test(what_a_terminal_obeys_is_cleaned),
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(a_text_is_cut_between_characters),
        cmocka_unit_test(errors_are_clean),
    };
    return cmocka_run_group_tests_name("base: text and options", tests, NULL, NULL);
}
