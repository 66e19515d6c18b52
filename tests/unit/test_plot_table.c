/* test_plot_table.c - text tables: golden text, alignment, how they are made to fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "plot/table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const Column compare[] = {
    {"method", ALIGN_LEFT}, {"accuracy", ALIGN_RIGHT}, {"ECE %", ALIGN_RIGHT}, {"MCE %", ALIGN_RIGHT},
    {"NLL", ALIGN_RIGHT},   {"Brier", ALIGN_RIGHT},    {"gap %", ALIGN_RIGHT}, {"seconds", ALIGN_RIGHT},
};

enum { COLUMNS = sizeof compare / sizeof *compare, ROWS = 2 };

static const char *const cells[ROWS * COLUMNS] = {
    "stage 1",       "83.92 ± 0.85", "6.85 ± 0.31", "21.3 ± 2.4", ".512 ± .009", ".245 ± .003", "+6.8 ± 0.4", "312",
    "V-TST, M = 10", "83.57 ± 0.70", "1.40 ± 0.22", "17.7 ± 2.0", ".431 ± .007", ".232 ± .002", "-0.1 ± 0.2", NULL,
};

/* The columns of the widest line. */
static int widest(const char *text)
{
    int most = 0;
    for (const char *s = text, *end; (end = strchr(s, '\n')); s = end + 1) {
        char line[512] = {0};
        assert_in_range(end - s, 0, (int)sizeof line - 1);
        memcpy(line, s, (size_t)(end - s));
        int width = text_width(line);
        if (width > most) most = width;
    }
    return most;
}

static void golden(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width;
        GlyphSet glyphs;
        const char *text;
    } row[] = {
        {"wide", 120, GLYPHS_BRAILLE,
         "method             accuracy        ECE %       MCE %          NLL        Brier       gap %  "
         "seconds\n"
         "───────────────────────────────────────────────────────────────────────────────────────────────────"
         "\n"
         "stage 1        83.92 ± 0.85  6.85 ± 0.31  21.3 ± 2.4  .512 ± .009  .245 ± .003  +6.8 ± 0.4      "
         "312\n"
         "V-TST, M = 10  83.57 ± 0.70  1.40 ± 0.22  17.7 ± 2.0  .431 ± .007  .232 ± .002  -0.1 ± 0.2\n"},
        {"80 columns", 80, GLYPHS_BLOCK,
         "method          accuracy     ECE %    MCE %       NLL     Brier    gap % seconds\n"
         "────────────────────────────────────────────────────────────────────────────────\n"
         "stage 1       83.92±0.85 6.85±0.31 21.3±2.4 .512±.009 .245±.003 +6.8±0.4     312\n"
         "V-TST, M = 10 83.57±0.70 1.40±0.22 17.7±2.0 .431±.007 .232±.002 -0.1±0.2\n"},
        {"80 columns, ASCII", 80, GLYPHS_ASCII,
         "method     accuracy      ECE %     MCE %        NLL      Brier     gap % seconds\n"
         "--------------------------------------------------------------------------------\n"
         "stage 1 83.92+-0.85 6.85+-0.31 21.3+-2.4 .512+-.009 .245+-.003 +6.8+-0.4     312\n"
         "V-TST,~ 83.57+-0.70 1.40+-0.22 17.7+-2.0 .431+-.007 .232+-.002 -0.1+-0.2\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *text = table_text(compare, COLUMNS, cells, ROWS, row[i].width, glyphs_of(row[i].glyphs), NULL);
        assert_non_null(text);
        if (strcmp(text, row[i].text)) fail_msg("%s:\n%s", row[i].name, text);
        free(text);
    }
}

static void fits_or_stops_at_six(void **state)
{
    (void)state;
    for (int width = 1; width <= 130; width++)
        for (int set = GLYPHS_ASCII; set <= GLYPHS_BRAILLE; set++) {
            char *text = table_text(compare, COLUMNS, cells, ROWS, width, glyphs_of((GlyphSet)set), NULL);
            int least = glyphs_of((GlyphSet)set)->ascii ? 79 : 73; /* all tight, the first column 6 wide */
            assert_int_equal(widest(text) <= width, width >= least);
            free(text);
        }
}

static void odd_characters(void **state)
{
    (void)state;
    static const Column column[] = {{"name", ALIGN_LEFT}, {"T", ALIGN_RIGHT}};
    static const struct {
        const char *name, *cell;
        GlyphSet glyphs;
        const char *line;
    } row[] = {
        {"accents count one column", "réseau", GLYPHS_BLOCK, "réseau  1\n"},
        {"ASCII has none", "réseau", GLYPHS_ASCII, "r?seau  1\n"},
        {"broken bytes", "a\xFF\xC3", GLYPHS_BLOCK, "a??   1\n"},
        {"a line end would break the table", "a\nb", GLYPHS_BLOCK, "a?b   1\n"},
        {"wide characters take two", "日本", GLYPHS_BLOCK, "日本  1\n"},
        {"± without spaces is no spread", "±1", GLYPHS_BLOCK, "±1    1\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const pair[] = {row[i].cell, "1"};
        char *text = table_text(column, 2, pair, 1, 80, glyphs_of(row[i].glyphs), NULL);
        const char *line = strchr(strchr(text, '\n') + 1, '\n') + 1;
        if (strcmp(line, row[i].line)) fail_msg("%s: \"%s\"", row[i].name, line);
        free(text);
    }
}

static void cuts_between_characters(void **state)
{
    (void)state;
    static const Column column[] = {{"", ALIGN_LEFT}, {"T", ALIGN_RIGHT}};
    const char *const pair[] = {"a日本語日本語", "1"};
    char *text = table_text(column, 2, pair, 1, 10, glyphs_of(GLYPHS_BLOCK), NULL);
    assert_string_equal(text, "         T\n──────────\na日本語… 1\n");
    free(text);
    text = table_text(column, 2, pair, 1, 9, glyphs_of(GLYPHS_BLOCK), NULL);
    assert_string_equal(text, "        T\n─────────\na日本…  1\n");
    free(text);
}

/* However narrow: rows with different names do not come to look alike. */
static void cuts_keep_rows_apart(void **state)
{
    (void)state;
    static const Column column[] = {{"", ALIGN_LEFT}, {"T", ALIGN_RIGHT}};
    static const char *const cell[] = {"base, train = 300", "1", "TST", "2", "base, train = 600", "3", "base, tr", "4"};
    char *text = table_text(column, 2, cell, 4, 12, glyphs_of(GLYPHS_BLOCK), NULL);
    assert_non_null(strstr(text, "base, train = 3… 1\nTST              2\nbase, train = 6… 3\nbase, tr         4\n"));
    free(text);
    static const char *const wide[] = {"語語語語語語", "1", "語語語日本語", "2"};
    text = table_text(column, 2, wide, 2, 8, glyphs_of(GLYPHS_BLOCK), NULL);
    assert_non_null(strstr(text, "語語語語… 1\n語語語日… 2\n"));
    free(text);
}

static void empty_tables(void **state)
{
    (void)state;
    static const Column column[] = {{"a", ALIGN_LEFT}};
    char *text = table_text(column, 1, NULL, 0, 80, glyphs_of(GLYPHS_ASCII), NULL);
    assert_string_equal(text, "a\n-\n");
    free(text);
    Err err;
    assert_null(table_text(column, 0, NULL, 0, 80, glyphs_of(GLYPHS_ASCII), &err));
    assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),
        cmocka_unit_test(fits_or_stops_at_six),
        cmocka_unit_test(odd_characters),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(cuts_keep_rows_apart),
        cmocka_unit_test(empty_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
