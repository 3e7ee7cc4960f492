/* From rows of values to the members' scores and the ensemble's. */
#ifndef FLAT_TREES_SCORE_H
#define FLAT_TREES_SCORE_H

#include "walk.h"

/* As score_range.py has it. */
static const double ROUNDING = 1e-9;

static inline Key column_key(const Column column, float value)
{
    value = fabsf(value) <= column.zero_radius ? column.when_zero : value;
    return key_of(isnan(value) ? column.when_missing : value);
}

/* The row as the nodes read it: column 0 is the leaves', then come `columns`. */
static void fill_columns(const Table *table, const float *features, Key *row)
{
    row[0] = 0;
    for (Py_ssize_t i = 0; i < table->column_count; i++)
        row[i + 1] = column_key(table->columns[i], features[table->columns[i].feature]);
}

static double linear_sum(const Table *table, const Member *member, const float *features)
{
    double sum = 0.0;
    const Term *term = table->terms + member->first;
    for (const Term *end = term + member->count; term < end; term++) {
        const float value = features[term->feature];
        if (term->codes == 0) {
            const float centred = (isnan(value) ? term->fill : value) - term->mean;
            sum += (double)(centred / term->scale) * term->weight;
        } else if (isnan(value)) {
            sum += term->weight;
        } else if (value >= 0.0f && value < (float)term->codes && value == (float)(uint32_t)value) {
            sum += table->code_weights[term->first + (uint32_t)value];
        }
    }
    return sum;
}

/* XGBoost's own sigmoid, in single precision. */
static double logistic_single(float margin)
{
    const float bounded = -margin < 88.7f ? -margin : 88.7f;
    return 1.0f / (expf(bounded) + 1.0f + 1e-16f);
}

static double member_score(const Member *member, double sum)
{
    if (member->kind == TREES_SINGLE)
        return member->link == LOGISTIC ? logistic_single((float)sum) : sum;
    const double value = (member->start + sum) / member->divisor * member->factor + member->offset;
    return member->link == LOGISTIC ? 1.0 / (1.0 + exp(-value)) : value;
}

/* churn_models.combine, in its order of additions. */
static double combined_score(const Table *table, const double *members)
{
    double total = 0.0;
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        double value = members[i];
        if (table->combine == VOTE) {
            value = value >= 0.5;
        } else if (table->combine == STACK) {
            value = value < 1e-6 ? 1e-6 : value > 1 - 1e-6 ? 1 - 1e-6 : value;
            value = log(value / (1 - value));
        }
        total += value * table->weights[i];
    }
    return table->combine == STACK ? 1.0 / (1.0 + exp(-(total + table->intercept))) : total;
}

static double first_sum(const Member *member)
{
    return member->kind == TREES_SINGLE ? member->start : 0.0;
}

/* The sum after one turn of a member's leaves. */
static double add_leaves(const Table *table, const Scratch *scratch, const Member *member, uint32_t first, double sum)
{
    const uint32_t *leaf_of_walk = scratch->leaf_of_walk + member->first + first;
    const uint32_t *end = leaf_of_walk + (member->count - first < TURN ? member->count - first : TURN);
    if (member->kind == TREES_SINGLE) {
        float single = (float)sum;
        for (; leaf_of_walk < end; leaf_of_walk++)
            single += (float)table->leaves[*leaf_of_walk];
        return single;
    }
    for (; leaf_of_walk < end; leaf_of_walk++)
        sum += table->leaves[*leaf_of_walk];
    return sum;
}

/* An addition waits for the one before it, but not for another member's: so the members take turns. */
static void sum_leaves(const Table *table, const Scratch *scratch, double *sums)
{
    uint32_t left = 1;
    for (uint32_t first = 0; left > 0; first += TURN) {
        left = 0;
        for (Py_ssize_t i = 0; i < table->member_count; i++) {
            const Member *member = table->members + i;
            if (member->kind != LINEAR && first < member->count) {
                sums[i] = add_leaves(table, scratch, member, first, sums[i]);
                left += member->count - first > TURN;
            }
        }
    }
}

static void score_row(const Table *table, const Scratch *scratch, const float *features, double *scores)
{
    fill_columns(table, features, scratch->keys);
    end_all_walks(table, scratch, begin_walks(table, scratch), 1);
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        const Member *member = table->members + i;
        scores[i] = member->kind == LINEAR ? linear_sum(table, member, features) : first_sum(member);
    }
    sum_leaves(table, scratch, scores);
    for (Py_ssize_t i = 0; i < table->member_count; i++)
        scores[i] = member_score(table->members + i, scores[i]);
}

/* How many of the ensemble's scores are none: not finite, or outside of 0 to 1 by more than a mean rounds. */
static Py_ssize_t combine_scores(const Table *table, Py_ssize_t count, const double *scores, double *ensemble)
{
    Py_ssize_t not_scores = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        ensemble[i] = combined_score(table, scores + i * table->member_count);
        not_scores += !(ensemble[i] >= -ROUNDING && ensemble[i] <= 1.0 + ROUNDING);
    }
    return not_scores;
}

#endif
