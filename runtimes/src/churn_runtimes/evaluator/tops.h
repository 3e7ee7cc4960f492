/* Makes the tops of trees; blocks.h says what they are. */
#ifndef FLAT_TREES_TOPS_H
#define FLAT_TREES_TOPS_H

#include "table.h"

/* A node of a top while it is made. */
typedef struct {
    uint32_t at;
    uint32_t depth;
    int split; /* its number in the top; -1 of a way out */
    int left;  /* place of its left child; the right one's is next */
} Place;

/* Level by level from the root. A top has no splits by sets: a tree with any has none at all. */
static void spread_top(const Table *table, const Tree *tree, Place *places, uint32_t *splits)
{
    int count = 1;
    places[0] = (Place){tree->root, 0, -1, 0};
    for (int i = 0; i < count; i++) {
        Place *place = places + i;
        const uint32_t offset = (uint32_t)offset_of(table->nodes[place->at]);
        if (offset == 0 || *splits == EXITS - 1 || tree->has_sets)
            continue;
        place->split = (int)(*splits)++;
        place->left = count;
        for (uint32_t child = 0; child < 2; child++)
            places[count++] = (Place){place->at + offset + child, place->depth + 1, -1, 0};
    }
}

/* Numbers the ways out below a place from left to right. */
static void number_exits(Table *table, Top *top, const Place *places, int at)
{
    const Place *place = places + at;
    if (place->split < 0) {
        table->exits[top->first_exit + top->exits++] = place->at;
        return;
    }
    const Node node = table->nodes[place->at];
    const uint32_t before = top->exits;
    number_exits(table, top, places, place->left);
    const uint64_t excluded = (UINT64_C(1) << top->exits) - (UINT64_C(1) << before);
    table->splits[top->first_split + place->split] =
        (Split){ordered_of((Key)threshold_of(node) << 32), (uint32_t)excluded, column_of(node)};
    number_exits(table, top, places, place->left + 1);
}

/* What is left of a tree below its top: nothing, or as many levels as most rows have then. */
static void measure_rest(Table *table, const Tree *tree, Top *top, const Place *places)
{
    top->is_whole = 1;
    for (uint32_t i = 0; i < top->splits + top->exits; i++) {
        const Place *place = places + i;
        if (place->split >= 0 || offset_of(table->nodes[place->at]) == 0)
            continue;
        const uint32_t levels = tree->usual_levels > place->depth ? tree->usual_levels - place->depth : 1;
        top->levels = levels > top->levels ? levels : top->levels;
        top->is_whole = 0;
    }
    for (uint32_t i = 0; i < top->exits && top->is_whole; i++) {
        uint32_t *exit = table->exits + top->first_exit + i;
        *exit = threshold_of(table->nodes[*exit]);
    }
}

static int make_tops(Table *table)
{
    const size_t trees = table->tree_count;
    table->tops = calloc(trees + 1, sizeof *table->tops);
    table->splits = calloc(trees * (EXITS - 1) + 1, sizeof *table->splits);
    table->exits = calloc(trees * EXITS + 1, sizeof *table->exits);
    if (!table->tops || !table->splits || !table->exits) {
        PyErr_NoMemory();
        return -1;
    }
    Top next = {0};
    for (size_t i = 0; i < trees; i++) {
        Place places[2 * EXITS];
        const Tree *tree = table->trees + i;
        Top *top = table->tops + i;
        *top = next;
        top->has_sets = tree->has_sets;
        spread_top(table, tree, places, &top->splits);
        number_exits(table, top, places, 0);
        measure_rest(table, tree, top, places);
        next.first_split += top->splits;
        next.first_exit += top->exits;
    }
    return 0;
}

#endif
